use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::cell::{ByText, Cell, Field, by_text};
use super::language::{Alphabet, Automaton, Class, Language, classes};
use super::scene::Memo;
use super::unknown::Reason;
use super::witness::Witness;
use crate::model::Match;
use crate::pattern;

/// Classes of the values of a field, by the predicates that tell them apart.
pub(super) type Values = BTreeMap<(Alphabet, Vec<(bool, String)>), Rc<Result<Vec<Value>, Reason>>>;

/// A class of values: one of them, and the predicates that hold for it.
#[derive(Debug)]
pub(super) struct Value {
    text: Box<[u8]>,
    holds: BTreeSet<(bool, String)>,
}

/// Ways to satisfy some matches at once that are looked at, at most.
const MAX_WAYS: usize = 4096;
/// The longest value that is looked for, in bytes.
const MAX_VALUE: usize = 4096;

/// What may stand in a query as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b',');

/// The lines of a field: one, or those of a repeated header.
type Lines = Vec<Box<[u8]>>;

impl<'r> Cell<'_, 'r> {
    /// Requests of the cell that satisfy all of these matches and as little else as can be: whatever another request that
    /// satisfies them satisfies, one of these satisfies no more of it.
    ///
    /// Rules only ask for what a request has, never for what it lacks. So a field that none of the matches names is left
    /// out; of the values that satisfy what they ask of a field, one of each least class is taken. With `repeated`, headers
    /// of which two different things are asked also come in two lines.
    pub(super) fn candidates(
        &self,
        matches: &[&'r Match],
        repeated: bool,
        memo: &mut Memo<'r>,
    ) -> Result<Vec<Witness>, Reason> {
        let mut base = self.plain();
        let mut methods = matches.iter().filter_map(|one| one.method.as_ref());
        if let Some(method) = methods.next() {
            base.method = method.clone();
            if methods.any(|other| *other != *method) {
                return Ok(Vec::new());
            }
        }
        let mut fields: BTreeMap<Field, BTreeSet<ByText<'r>>> = BTreeMap::new();
        for one in matches {
            for header in &one.headers {
                let field = Field::Header(header.name.as_str().to_owned());
                fields.entry(field).or_default().insert(by_text(&header.value));
            }
            for query in &one.query {
                fields.entry(Field::Query(query.name.clone())).or_default().insert(by_text(&query.value));
            }
        }
        let mut ways: Vec<Vec<(&Field, Lines)>> = vec![Vec::new()];
        let mut options = Vec::new();
        for (field, asked) in &fields {
            options.clear();
            self.lines(field, asked, repeated, memo, &mut options)?;
            if ways.len().saturating_mul(options.len()) > MAX_WAYS {
                return Err(Reason::TooManyCombinations);
            }
            let extend = |way: &Vec<(_, Lines)>| {
                let way = way.clone();
                options
                    .iter()
                    .map(move |lines| way.iter().cloned().chain([(field, lines.clone())]).collect())
                    .collect::<Vec<_>>()
            };
            ways = ways.iter().flat_map(extend).collect();
        }
        memo.steps += ways.len() as u64;
        Ok(ways.into_iter().filter_map(|way| filled(&base, way)).collect())
    }

    /// The least ways in which a field satisfies all that is asked of it.
    fn lines(
        &self,
        field: &Field,
        asked: &BTreeSet<ByText<'r>>,
        repeated: bool,
        memo: &mut Memo<'r>,
        options: &mut Vec<Lines>,
    ) -> Result<(), Reason> {
        let single = self.single(field, asked, memo)?;
        options.extend(single.into_iter().map(|line| vec![line]));
        if !repeated || asked.len() != 2 || field.header().is_none() {
            return Ok(());
        }
        let mut each = Vec::new();
        for one in asked {
            each.push(self.single(field, &BTreeSet::from([*one]), memo)?);
        }
        let [first, second] = &*each else { return Ok(()) };
        for a in first {
            for b in second {
                options.push(vec![a.clone(), b.clone()]);
                options.push(vec![b.clone(), a.clone()]);
                // A line between them, so that the joined list is no value that a rule asks for.
                options.push(vec![a.clone(), Box::from(*b"-"), b.clone()]);
            }
        }
        Ok(())
    }

    /// One value of each least class that satisfies all that is asked.
    fn single(
        &self,
        field: &Field,
        asked: &BTreeSet<ByText<'r>>,
        memo: &mut Memo<'r>,
    ) -> Result<Vec<Box<[u8]>>, Reason> {
        let alphabet = if field.header().is_some() { Alphabet::Header } else { Alphabet::Query };
        let exact: Vec<&str> = asked.iter().filter(|(regex, _)| !regex).map(|(_, text)| *text).collect();
        if let Some(text) = exact.first() {
            let fits = exact.len() == 1 && alphabet.admits(text);
            let fits =
                fits && asked.iter().all(|(regex, pattern)| !regex || matches(pattern, text.as_bytes()));
            return Ok(if fits { vec![text.as_bytes().into()] } else { Vec::new() });
        }
        let live = self.used().values.get(field);
        let known: BTreeSet<ByText<'r>> = live.into_iter().flatten().chain(asked).copied().collect();
        let key: Vec<(bool, String)> =
            known.into_iter().map(|(regex, text)| (regex, text.to_owned())).collect();
        let values = memo.values.entry((alphabet, key));
        let values = values.or_insert_with_key(|(alphabet, key)| Rc::new(values_of(*alphabet, key)));
        let values = Rc::clone(values);
        let values = values.as_ref().as_ref().map_err(Clone::clone)?;
        let satisfies = |value: &&Value| {
            asked.iter().all(|(regex, text)| value.holds.contains(&(*regex, (*text).to_owned())))
        };
        let all: Vec<&Value> = values.iter().filter(satisfies).collect();
        let least = |value: &&&Value| {
            !all.iter().any(|other| other.holds != value.holds && other.holds.is_subset(&value.holds))
        };
        Ok(all.iter().filter(least).map(|value| value.text.clone()).collect())
    }
}

fn values_of(alphabet: Alphabet, key: &[(bool, String)]) -> Result<Vec<Value>, Reason> {
    let of =
        |wanted: bool| key.iter().filter(move |(regex, _)| *regex == wanted).map(|(_, text)| text.as_str());
    let exact: Vec<&str> = of(false).collect();
    let regexes: Vec<&str> = of(true).collect();
    let parse = |text: &&str| pattern::parse(text).map_err(|_| Reason::Pattern((*text).into()));
    let hirs = regexes.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let automaton = Automaton::build(&hirs).ok_or(Reason::TooManyValues)?;
    let language =
        Language { alphabet, exact: &exact, prefixes: &[], regexes: Some(&automaton), longest: MAX_VALUE };
    let classes = classes(&language).map_err(|_| Reason::TooManyValues)?;
    let value = |class: Class| {
        let literal =
            class.exact.and_then(|id| exact.get(id as usize)).map(|text| (false, (*text).to_owned()));
        let regexes = class.regexes.iter().filter_map(|id| regexes.get(*id as usize));
        let holds = literal.into_iter().chain(regexes.map(|text| (true, (*text).to_owned()))).collect();
        Value { text: class.witness, holds }
    };
    Ok(classes.into_iter().map(value).collect())
}

fn matches(pattern: &str, value: &[u8]) -> bool {
    pattern::Pattern::compile(pattern).is_ok_and(|pattern| pattern.matches(value.iter().copied()))
}

fn filled(base: &Witness, way: Vec<(&Field, Lines)>) -> Option<Witness> {
    let mut witness = base.clone();
    let mut query = Vec::new();
    for (field, lines) in way {
        for line in lines {
            match field {
                Field::Header(_) => {
                    witness.headers.append(field.header()?, HeaderValue::from_bytes(&line).ok()?);
                }
                Field::Query(name) => {
                    let encode = |bytes: &[u8]| percent_encode(bytes, ENCODED).to_string();
                    query.push(format!("{}={}", encode(name.as_bytes()), encode(&line)));
                }
            }
        }
    }
    witness.query = (!query.is_empty()).then(|| query.join("&"));
    Some(witness)
}
