use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::junit::escaped;
use crate::run::{Coverage, Covered};

/// A record for each file of manifests, as `genhtml` and Codecov read it: the lines at which rules, matches and filters begin.
#[must_use]
pub fn lcov(coverage: &[Coverage]) -> String {
    let mut files: BTreeMap<&str, BTreeMap<u32, u64>> = BTreeMap::new();
    for part in coverage.iter().flat_map(|one| one.rules.iter().chain(&one.matches).chain(&one.filters)) {
        let Some(place) = part.place.as_ref().filter(|_| part.unreachable.is_none()) else { continue };
        let line = files.entry(&place.file).or_default().entry(place.line).or_default();
        *line = (*line).max(part.hits);
    }
    let mut text = String::new();
    for (file, lines) in files {
        let _ = writeln!(text, "TN:gateline\nSF:{file}");
        for (line, hits) in &lines {
            let _ = writeln!(text, "DA:{line},{hits}");
        }
        let hit = lines.values().filter(|hits| **hits > 0).count();
        let _ = writeln!(text, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
    }
    text
}

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c1e21}\
table{border-collapse:collapse;width:100%;margin-bottom:2rem}td,th{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #ddd}\
td:first-child{text-align:right;font-variant-numeric:tabular-nums;width:4rem}.hit{background:#e8f6ea}.missed{background:#fdecea}\
.dead{color:#777;text-decoration:line-through}code{font:13px ui-monospace,monospace}";

/// One page that needs nothing else.
#[must_use]
pub fn html(coverage: &[Coverage]) -> String {
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Coverage of routes</title><style>{STYLE}</style>\n\
         <h1>Coverage of routes</h1>\n"
    );
    for one in coverage {
        let kinds = [
            ("Rules", &one.rules),
            ("Matches", &one.matches),
            ("Hostnames", &one.hostnames),
            ("Listeners", &one.listeners),
            ("Backends", &one.backends),
            ("Filters", &one.filters),
            ("Redirects followed", &one.redirects),
        ];
        for (title, parts) in kinds {
            table(title, parts, &mut text);
        }
    }
    text.push_str("</html>\n");
    text
}

fn table(title: &str, parts: &[Covered], text: &mut String) {
    let ratio = Coverage::ratio(parts);
    let percent = Coverage::percent_of(ratio);
    let _ = writeln!(text, "<h2>{title} {}/{} ({percent:.1}&nbsp;%)</h2>\n<table>", ratio.0, ratio.1);
    let _ = writeln!(text, "<tr><th>tests<th>name<th>written at<th>");
    for part in parts {
        let class = match (&part.unreachable, part.hits) {
            (Some(_), _) => "dead",
            (None, 0) => "missed",
            (None, _) => "hit",
        };
        let place = part.place.as_ref().map(ToString::to_string).unwrap_or_default();
        let note = match (&part.unreachable, &part.suggestion) {
            (Some(why), _) => escaped(why),
            (None, Some(request)) => format!("try <code>{}</code>", escaped(request)),
            (None, None) => String::new(),
        };
        let (hits, name, place) = (part.hits, escaped(&part.name), escaped(&place));
        let _ = writeln!(
            text,
            "<tr class=\"{class}\"><td>{hits}<td><code>{name}</code><td><code>{place}</code><td>{note}"
        );
    }
    text.push_str("</table>\n");
}
