//! `--fix`: edits that are proved to change nothing. What cannot be proved is left for people.

use std::collections::BTreeMap;

use gateline::analysis::{Comparing, diff_with};
use gateline::model::{Origin, PathMatch};
use gateline::{RegexRank, Router};
use gateline_api::parse::Input;
use gateline_api::{Finding, Object, Severity, Target};

use super::edit::{self, Edit};
use crate::error::CliError;
use crate::input::World;
use crate::output::Output;

/// Findings that an edit may do away with.
const FIXABLE: [&str; 5] = ["GL003", "GL201", "GL202", "GL204", "GL505"];

/// Texts by file.
type Texts = BTreeMap<String, String>;

/// Edits the files of a world until no edit is left that changes nothing, and writes them. Says what was done, and what was
/// not and why.
pub(super) fn run(
    world: World,
    target: &Target,
    load: &dyn Fn(&[Input]) -> World,
    output: &mut Output,
) -> Result<World, CliError> {
    let mut fixing = Fixing { target, load, refused: Vec::new() };
    let mut world = world;
    let mut texts = texts(&world);
    let before = texts.clone();
    while let Some((finding, fixed, better)) = fixing.next(&world, &texts) {
        output.error_line(&format!("fixed {}: {}", place(&finding), finding.message));
        (texts, world) = (fixed, better);
    }
    for (finding, why) in &fixing.refused {
        output.error_line(&format!("left  {}: {}: {why}", place(finding), finding.message));
    }
    for (file, text) in texts.iter().filter(|(file, text)| before.get(*file) != Some(text)) {
        std::fs::write(file, text).map_err(|source| CliError::Write { path: file.into(), source })?;
    }
    Ok(world)
}

fn texts(world: &World) -> Texts {
    world.sources.iter().map(|source| (source.name.to_string(), source.text.to_string())).collect()
}

/// `GL204 k8s/web.yaml:14:5`.
fn place(finding: &Finding) -> String {
    let place = finding.origin.place.as_ref().map(ToString::to_string);
    format!("{} {}", finding.code, place.unwrap_or_default())
}

struct Fixing<'a> {
    target: &'a Target,
    /// Reads texts, with all findings.
    load: &'a dyn Fn(&[Input]) -> World,
    /// Each once.
    refused: Vec<(Finding, &'static str)>,
}

impl Fixing<'_> {
    /// The first finding that can be fixed, with the texts and the world after that.
    fn next(&mut self, world: &World, texts: &Texts) -> Option<(Finding, Texts, World)> {
        for finding in world.findings.iter().filter(|finding| FIXABLE.contains(&finding.code)) {
            let known = |(one, _): &(Finding, _)| one.code == finding.code && one.message == finding.message;
            if self.refused.iter().any(known) {
                continue;
            }
            match self.attempt(world, texts, finding) {
                Ok((texts, world)) => return Some((finding.clone(), texts, world)),
                Err(why) => self.refused.push((finding.clone(), why)),
            }
        }
        None
    }

    fn attempt(
        &self,
        world: &World,
        texts: &Texts,
        finding: &Finding,
    ) -> Result<(Texts, World), &'static str> {
        let place = finding.origin.place.as_ref().ok_or("its place is not known")?;
        let edits = edits(world, finding).ok_or("its text cannot be edited safely")?;
        let text = texts.get(&*place.file).ok_or("it is not in a file")?;
        let text = edit::applied(text, edits).ok_or("its text cannot be edited safely")?;
        let mut texts = texts.clone();
        texts.insert(place.file.to_string(), text);
        let inputs = texts
            .iter()
            .map(|(file, text)| Input::Text { name: file.as_str().into(), bytes: text.clone().into_bytes() });
        let then = (self.load)(&inputs.collect::<Vec<_>>());
        let worse =
            |world: &World| world.findings.iter().filter(|one| one.severity == Severity::Error).count();
        if !then.errors.is_empty() || worse(&then) > worse(world) {
            return Err("the edit would break something else");
        }
        if then.findings.len() >= world.findings.len() {
            return Err("the edit does not help");
        }
        if !self.same(world, &then) {
            return Err("it is not proved that the edit changes nothing");
        }
        Ok((texts, then))
    }

    /// Whether both are proved to do the same, wherever regular expressions may rank.
    fn same(&self, before: &World, after: &World) -> bool {
        let comparing = Comparing {
            beside: [before.resolution.beside(), after.resolution.beside()],
            ..Comparing::default()
        };
        let open = self.target.regex_rank.is_none();
        let ranks = [RegexRank::AbovePrefix, RegexRank::BelowPrefix].map(Some);
        let ranks = if open { ranks.to_vec() } else { vec![self.target.regex_rank] };
        ranks.into_iter().all(|regex_rank| {
            let target = Target { regex_rank, ..self.target.clone() };
            let router = |world: &World| -> Option<Router> { world.router_on(&target).ok() };
            let both = router(before).zip(router(after));
            both.is_some_and(|(before, after)| diff_with(&before, &after, &comparing).is_equivalent())
        })
    }
}

fn edits(world: &World, finding: &Finding) -> Option<Vec<Edit>> {
    let place = finding.origin.place.as_ref()?;
    let source = world.sources.get(&place.file)?;
    match finding.code {
        "GL003" => {
            let object = object(world, &finding.origin)?;
            let at = object.origin("apiVersion").place?;
            let text = format!("{}/{}", object.group, object.version);
            Some(vec![edit::scalar(source, &at, &text)?])
        }
        "GL505" => plain_path(world, &finding.origin),
        _ => {
            let (list, _) = finding.origin.path.rsplit_once('[')?;
            let object = object(world, &finding.origin)?;
            let pointer = format!("/{}", list.replace(['.', '['], "/").replace(']', ""));
            let entries = object.value.pointer(&pointer)?.as_array()?.len();
            // An empty list is another thing than a shorter one.
            (entries > 1).then(|| edit::entry(source, place)).flatten().map(|edit| vec![edit])
        }
    }
}

fn object<'w>(world: &'w World, origin: &Origin) -> Option<&'w Object> {
    world.objects.iter().find(|one| one.kind == origin.kind && one.name == origin.object)
}

/// `type` and `value` of a path that is a regular expression and need not be.
fn plain_path(world: &World, origin: &Origin) -> Option<Vec<Edit>> {
    let object = object(world, origin)?;
    let path = origin.path.strip_suffix(".value")?;
    let model = &world.resolution.model;
    let routes = model.routes.iter().filter(|route| route.origin.object == origin.object);
    let mut rules = routes.filter(|route| route.origin.kind == origin.kind).flat_map(|route| &route.rules);
    let matched = rules.find_map(|rule| {
        rule.matches.iter().find(|one| path.strip_suffix(".path") == Some(&*one.origin.path))
    })?;
    let PathMatch::Regex(text) = &matched.path else { return None };
    let (kind, value) = gateline_api::plain_path(text)?;
    let place = |field: &str| object.origin(&format!("{path}.{field}")).place;
    let (kind_at, value_at) = (place("type")?, place("value")?);
    let source = world.sources.get(&value_at.file)?;
    Some(vec![edit::scalar(source, &kind_at, kind)?, edit::scalar(source, &value_at, &value)?])
}
