//! One page without anything from elsewhere.
//!
//! The box for a URL must answer as the engine does, and a page cannot call it: a program that is installed with cargo has no
//! WebAssembly of itself to embed. So the page has the engine's own tables ([`gateline::router::Tables`]), in which precedence
//! is settled and regular expressions are automata, and `walk.js` only looks hosts up, compares texts and walks: it ranks
//! nothing and parses no pattern. `cargo xtask test web` puts all cases of `spec-tests` to it and compares every candidate with
//! what the engine explains. A pattern whose automaton is too large for a table makes the page say that it does not know.
//!
//! Names of objects are text nobody vetted. They are in the page as JSON without `<`, and become nodes of text: nothing is
//! ever read as HTML.

use gateline::explain::Criterion;
use gateline::router::Tables;
use gateline_testing::{Graph, words};
use serde::Serialize;

const PAGE: &str = include_str!("page.html");
const STYLES: [&str; 2] = [include_str!("base.css"), include_str!("page.css")];
const SCRIPTS: [&str; 5] = [
    include_str!("walk.js"),
    include_str!("element.js"),
    include_str!("verdicts.js"),
    include_str!("picture.js"),
    include_str!("page.js"),
];

/// What the page is made of.
#[derive(Serialize)]
struct Data<'a> {
    graph: &'a Graph,
    tables: &'a Tables,
    criteria: [(Criterion, &'static str); 12],
}

/// The page.
pub(super) fn page(graph: &Graph, tables: &Tables) -> String {
    let data = Data { graph, tables, criteria: words::criteria() };
    // Plain data with text for keys: it does not fail.
    let data = serde_json::to_string(&data).unwrap_or_default();
    let parts = [("style", STYLES.join("\n")), ("data", inert(&data)), ("script", SCRIPTS.join("\n"))];
    filled(PAGE.trim_end(), &parts)
}

/// JSON that cannot end the element it is in.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Each `{{name}}` of a template, once; what is put in is not looked at again.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let Some(((name, part), rest)) = parts.split_first() else { return template.to_owned() };
    match template.split_once(&format!("{{{{{name}}}}}")) {
        Some((before, after)) => format!("{}{part}{}", filled(before, rest), filled(after, rest)),
        None => filled(template, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_does_not_end_its_element() {
        let hostile = serde_json::to_string("</script><script>alert(1)</script><!--").unwrap();
        let inert = inert(&hostile);
        assert!(!inert.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&inert).unwrap(), "</script><script>alert(1)</script><!--");
    }

    #[test]
    fn parts_are_not_templates() {
        let parts = [("a", "{{b}}".to_owned()), ("b", "2".to_owned())];
        assert_eq!(filled("{{b}} {{a}}", &parts), "2 {{b}}");
    }
}
