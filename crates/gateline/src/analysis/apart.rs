use super::language::Class;
use super::paths::{Automata, PathId, Paths};
use super::unknown::Reason;
use crate::model::PathMatch;

/// A path that exactly one of two matches takes, one of the shortest; `None`: proved that they take the same paths.
/// The paths are those of [the model](super).
///
/// ```
/// use gateline::analysis::tell_apart;
/// use gateline::model::PathMatch;
///
/// let (regex, prefix) = (PathMatch::Regex("/a(/.*)?".into()), PathMatch::Prefix("/a".into()));
/// assert_eq!(tell_apart(&regex, &prefix), Ok(None));
/// let exact = PathMatch::Exact("/a".into());
/// assert_eq!(tell_apart(&regex, &exact), Ok(Some("/a/".to_owned())));
/// ```
///
/// # Errors
///
/// What stood in the way of an answer.
pub fn tell_apart(a: &PathMatch, b: &PathMatch) -> Result<Option<String>, Reason> {
    let (mut paths, mut automata) = (Paths::default(), Automata::default());
    let ids = [paths.insert(a), paths.insert(b)];
    let classes = paths.classes(&mut automata)?;
    let apart = |class: &&Class| {
        let matching: Vec<PathId> = paths.matching(class);
        let [a, b] = ids.map(|id| matching.contains(&id));
        a != b
    };
    let witnesses = classes.iter().filter(apart).map(|class| &class.witness);
    // Only UTF-8 reaches a router.
    let texts = witnesses.filter_map(|bytes| std::str::from_utf8(bytes).ok());
    Ok(texts.min_by_key(|text| text.len()).map(str::to_owned))
}
