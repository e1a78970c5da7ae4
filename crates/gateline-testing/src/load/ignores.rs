//! `# gateline: ignore[GL202] reason`: what somebody looked at and found right.

use std::sync::Arc;

use gateline::model::{Origin, Place};
use gateline_api::Finding;
use gateline_api::finding::{code, codes};
use gateline_api::parse::{Source, Sources};

const MARK: &str = "gateline: ignore";

/// A comment that ignores findings.
struct Ignore {
    place: Place,
    /// Its own line, or the line below it.
    line: u32,
    codes: Vec<&'static str>,
    used: bool,
}

/// Takes out the findings that comments ignore, and adds what is wrong with the comments: no reason, an unknown code,
/// nothing to ignore.
///
/// A comment behind something is about its line, one that stands alone about the next line that is no comment. A finding is
/// on the line of its place.
pub(super) fn apply(findings: &mut Vec<Finding>, sources: &Sources) {
    let (mut ignores, mut wrong) = (Vec::new(), Vec::new());
    for source in sources.iter().filter(|source| source.text.contains(MARK)) {
        read(source, &mut ignores, &mut wrong);
    }
    if ignores.is_empty() && wrong.is_empty() {
        return;
    }
    findings.retain(|finding| {
        let Some(place) = &finding.origin.place else { return true };
        let mut kept = true;
        for ignore in &mut ignores {
            let here = ignore.place.file == place.file && ignore.line == place.line;
            if here && ignore.codes.contains(&finding.code) {
                (ignore.used, kept) = (true, false);
            }
        }
        kept
    });
    findings.append(&mut wrong);
    for ignore in ignores.iter().filter(|ignore| !ignore.used) {
        let message = format!("nothing to ignore here: there is no {}", ignore.codes.join(" or "));
        let finding = Finding::new(&codes::GL901, at(&ignore.place), message);
        findings.push(finding.help("remove the comment"));
    }
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
}

fn read(source: &Source, ignores: &mut Vec<Ignore>, wrong: &mut Vec<Finding>) {
    let lines: Vec<&str> = source.text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let Some((start, text)) = comment(line) else { continue };
        let Some(rest) = text.trim_start().strip_prefix(MARK) else { continue };
        let place = Place {
            file: Arc::clone(&source.name),
            line: number(index),
            column: number(line.get(..start).map_or(0, |before| before.chars().count())),
        };
        match parse(rest) {
            Ok(codes) => {
                let alone = line.get(..start).is_some_and(|before| before.trim().is_empty());
                let below = lines.iter().enumerate().skip(index + 1);
                let below = below.into_iter().find(|(_, line)| {
                    let text = line.trim_start();
                    !text.is_empty() && !text.starts_with('#')
                });
                let line = below.filter(|_| alone).map_or(index, |(below, _)| below);
                ignores.push(Ignore { place, line: number(line), codes, used: false });
            }
            Err(message) => {
                let finding = Finding::new(&codes::GL902, at(&place), message);
                wrong.push(finding.help("write `# gateline: ignore[GL202] why it is right`"));
            }
        }
    }
}

/// The codes of `[GL202, GL306] reason`.
fn parse(text: &str) -> Result<Vec<&'static str>, String> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((list, reason)) = inner else { return Err("the comment names no finding".to_owned()) };
    let mut codes = Vec::new();
    for name in list.split(',').map(str::trim) {
        match code(name) {
            Some(code) => codes.push(code.code),
            None => return Err(format!("{name:?} is not a finding")),
        }
    }
    if reason.trim().is_empty() {
        return Err("the comment gives no reason and ignores nothing".to_owned());
    }
    Ok(codes)
}

/// Where a comment of a line of YAML begins, and its text.
fn comment(line: &str) -> Option<(usize, &str)> {
    let mark = line.find(MARK)?;
    let before = line.get(..mark)?;
    let start = before.rfind('#')?;
    let spaced = before.get(..start)?.chars().next_back().is_none_or(char::is_whitespace);
    (spaced && before.get(start + 1..)?.trim().is_empty()).then_some((start, line.get(start + 1..)?))
}

fn at(place: &Place) -> Origin {
    Origin { place: Some(place.clone()), ..Origin::default() }
}

/// From 1, as places count.
fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use gateline_api::parse::Input;
    use gateline_api::resolve::Options;

    use super::*;
    use crate::World;

    fn codes_of(yaml: &str) -> Vec<String> {
        let input = Input::Text { name: "t.yaml".into(), bytes: yaml.as_bytes().to_vec() };
        let mut world = World::load(&[input], &Options::default());
        assert!(world.errors.is_empty(), "{:?}", world.errors);
        apply(&mut world.findings, &world.sources);
        let place = |finding: &Finding| finding.origin.place.as_ref().map_or(0, |place| place.line);
        world.findings.iter().map(|finding| format!("{}:{}", finding.code, place(finding))).collect()
    }

    fn grant(comment: &str, trailing: &str) -> String {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: a}}\nspec:\n  \
             from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}}]\n  to:\n{comment}    - group: \"\"{trailing}\n      \
             kind: Service\n"
        )
    }

    #[test]
    fn a_comment_hides_what_is_on_its_line_or_below_it() {
        assert_eq!(codes_of(&grant("", "")), ["GL304:1", "GL305:7"]);
        assert_eq!(codes_of(&grant("", "   # gateline: ignore[GL305] all of them are ours")), ["GL304:1"]);
        assert_eq!(codes_of(&grant("    # gateline: ignore[GL305] ours\n    # more\n", "")), ["GL304:1"]);
        let first = "# gateline: ignore[GL304, broad-grant] the routes are in another repository\n";
        assert_eq!(codes_of(&(first.to_owned() + &grant("", ""))), ["GL305:8"]);
    }

    #[test]
    fn comments_that_ignore_nothing_are_told() {
        let (none, unknown) = ("    # gateline: ignore[GL305]\n", "    # gateline: ignore[GL999] why\n");
        assert_eq!(codes_of(&grant(none, "")), ["GL304:1", "GL902:7", "GL305:8"]);
        assert_eq!(codes_of(&grant(unknown, "")), ["GL304:1", "GL902:7", "GL305:8"]);
        assert_eq!(
            codes_of(&grant("    # gateline: ignore[GL306] why\n", "")),
            ["GL304:1", "GL901:7", "GL305:8"]
        );
        assert_eq!(codes_of(&grant("", " # see gateline: ignore[GL305]")), ["GL304:1", "GL305:7"]);
    }
}
