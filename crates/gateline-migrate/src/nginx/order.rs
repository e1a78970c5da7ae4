use std::collections::BTreeSet;

use gateline::model::PathMatch;

use super::location::{Location, PathType};
use super::regex;
use super::server::Server;

/// What takes paths of a server, and what it does.
#[derive(Clone, Debug)]
pub(crate) struct Placed<'s> {
    pub(crate) path: PathMatch,
    pub(crate) location: &'s Location,
    pub(crate) does: Does,
}

/// What a location does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// What its annotations say.
    Serve,
    /// Adds the slash that the path of the location ends with: nginx answers `/app` with 301 where only `/app/` is proxied.
    AddSlash(String),
}

/// A location that takes nothing here because its pattern is not understood.
#[derive(Clone, Debug)]
pub(crate) struct Unread<'s> {
    pub(crate) location: &'s Location,
    pub(crate) reason: String,
}

/// The locations of a server in the order in which they are tried: the first that matches takes a path.
///
/// nginx takes the exact one, else the longest text that the path begins with. Where one location of the host asks for it, all
/// are regular expressions instead, without regard to case and anchored at the start, tried from the longest text.
pub(crate) fn order(server: &Server) -> (Vec<Placed<'_>>, Vec<Unread<'_>>) {
    if server.is_regex() { regexes(server) } else { (texts(server), Vec::new()) }
}

fn texts(server: &Server) -> Vec<Placed<'_>> {
    let locations = || server.locations.iter();
    let is_exact = |location: &&Location| location.kind == PathType::Exact;
    let exact: BTreeSet<&str> = locations().filter(is_exact).map(|location| &*location.path).collect();
    let raw: BTreeSet<&str> =
        locations().filter(|one| one.kind == PathType::Raw).map(|location| &*location.path).collect();
    let mut first: Vec<Placed<'_>> = Vec::new();
    let mut rest: Vec<(usize, Placed<'_>)> = Vec::new();
    for location in locations() {
        let path = &*location.path;
        match location.kind {
            PathType::Exact => {
                first.push(Placed { path: PathMatch::Exact(path.into()), location, does: Does::Serve });
            }
            PathType::Prefix => {
                let text = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
                rest.push((text.len(), Placed { path: prefix(path, &raw), location, does: Does::Serve }));
            }
            PathType::Raw => {
                rest.push((path.len(), Placed { path: starting(path), location, does: Does::Serve }));
            }
        }
        // Only where nothing has the path itself does nginx offer the one with the slash, which an exact location does too.
        let bare = path.strip_suffix('/').filter(|bare| !bare.is_empty());
        if let Some(bare) = bare.filter(|bare| !exact.contains(bare) && !raw.contains(bare)) {
            let by_elements = locations().any(|other| other.kind == PathType::Prefix && other.path == bare);
            let known = first.iter().any(|one| one.path == PathMatch::Exact(bare.into()));
            if !by_elements && !known {
                let path = PathMatch::Exact(bare.into());
                first.push(Placed { path, location, does: Does::AddSlash(location.path.clone()) });
            }
        }
    }
    // Stable: of equal texts, which are of different types, the first counts.
    rest.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    first.extend(rest.into_iter().map(|(_, placed)| placed));
    first
}

/// A path of type Prefix is a location that ends with a slash, and an exact one without it.
fn prefix(path: &str, raw: &BTreeSet<&str>) -> PathMatch {
    let bare = path.trim_end_matches('/');
    // `/app/` does not take `/app`, which is redirected, unless something else has it.
    if path.ends_with('/') && raw.contains(bare) {
        return starting(path);
    }
    if path.ends_with("//") { starting(path) } else { PathMatch::Prefix(bare.into()) }
}

/// Every path that begins with a text.
fn starting(text: &str) -> PathMatch {
    if text == "/" {
        return PathMatch::default();
    }
    PathMatch::Regex(format!("{}(?s:.*)", regex_syntax::escape(text)).into())
}

fn regexes(server: &Server) -> (Vec<Placed<'_>>, Vec<Unread<'_>>) {
    let mut locations: Vec<&Location> = server.locations.iter().collect();
    locations.sort_by(|a, b| (b.path.len(), &b.path).cmp(&(a.path.len(), &a.path)));
    let exact: BTreeSet<&str> =
        locations.iter().filter(|one| one.kind == PathType::Exact).map(|one| &*one.path).collect();
    let (mut placed, mut unread) = (Vec::new(), Vec::new());
    for location in locations {
        let path = &*location.path;
        // Of a path of type Prefix that is no pattern itself only `/foo/` is left beside an exact `/foo`.
        let plain = location.kind == PathType::Prefix && !location.wants_regex() && path != "/";
        let slash = plain && exact.contains(path) && !path.ends_with('/');
        let text = if slash { format!("{path}/") } else { path.to_owned() };
        match regex::starting(&text) {
            Ok(regex) => {
                placed.push(Placed { path: PathMatch::Regex(regex.into()), location, does: Does::Serve });
            }
            Err(reason) => unread.push(Unread { location, reason }),
        }
    }
    (placed, unread)
}
