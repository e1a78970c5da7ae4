use gateline::model::Place;

use super::expect::{Expect, rule_name};
use super::matrix::{self, Variables};
use super::name::{Named, RuleName};
use super::node::Node;
use super::request;
use crate::request::Request;

const KEYS: [&str; 9] =
    ["name", "request", "grpc", "tls", "matrix", "gateway", "expect", "follow", "created"];
const FOLLOW_KEYS: [&str; 2] = ["max", "ends-at"];
/// As many redirects as a browser follows, or fewer.
const MOST_REDIRECTS: u8 = 10;

/// One request with what must become of it: a test, or one combination of its `matrix`.
#[derive(Clone, Debug)]
pub struct Case {
    /// As written, with the values of the matrix.
    pub name: String,
    /// Where the test is written.
    pub place: Place,
    /// What is sent.
    pub request: Request,
    /// The Gateway it is sent to, if one is named.
    pub gateway: Option<Named>,
    /// What must become of it.
    pub expect: Expect,
    /// What must become of the redirect it is answered with.
    pub follow: Option<Follow>,
    /// Routes in the order they were created, oldest first: which of several that claim one request wins. Without it
    /// every order is tried.
    pub created: Vec<RuleName>,
}

/// `follow`: the redirects are followed on the same manifests.
#[derive(Clone, Debug)]
pub struct Follow {
    /// At most so many.
    pub max: u8,
    /// What must become of the last request.
    pub ends_at: Option<Expect>,
}

/// Reads one test: as many cases as its matrix has combinations, none if something is wrong with it.
pub(super) fn read(node: &Node<'_>, gateway: Option<&Named>, cases: &mut Vec<Case>) {
    let (errors, before) = (node.errors(), cases.len());
    combine(node, gateway, cases);
    if node.errors() > errors {
        cases.truncate(before);
    }
}

fn combine(node: &Node<'_>, gateway: Option<&Named>, cases: &mut Vec<Case>) {
    if !node.mapping("a test", &KEYS) {
        return;
    }
    let matrix = node.get("matrix");
    for variables in matrix::combinations(matrix.as_ref()) {
        let filled = match matrix::fill(node.value, &variables) {
            Ok(filled) => filled,
            Err(name) => return unknown_variable(node, matrix.as_ref(), &name),
        };
        cases.extend(case(&node.with(&filled), &variables, gateway));
    }
}

fn unknown_variable(node: &Node<'_>, matrix: Option<&Node<'_>>, name: &str) {
    let names = matrix::names(matrix);
    let help = match gateline_api::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `${{{near}}}`?"),
        None if names.is_empty() => "the test has no `matrix`".to_owned(),
        None => format!("the matrix has {}", names.join(", ")),
    };
    node.error_with_help(format!("`${{{name}}}` is no variable"), Some(help));
}

fn case(node: &Node<'_>, variables: &Variables, gateway: Option<&Named>) -> Option<Case> {
    let mut name = node.required("a test", "name")?.text("name")?;
    if !variables.is_empty() {
        name = format!("{name} [{}]", matrix::suffix(variables));
    }
    let request = request::read(node);
    let expect = node.required("a test", "expect").and_then(|node| Expect::read(&node));
    let follow = node.get("follow").map(|node| Follow::read(&node));
    let created = node.get("created").map(|node| node.list("created")).unwrap_or_default();
    let of_test =
        node.get("gateway").and_then(|node| Some(Named::parse(&node.text("gateway")?, node.place())));
    Some(Case {
        name,
        place: node.place(),
        request: request?,
        gateway: of_test.or_else(|| gateway.cloned()),
        expect: expect?,
        follow,
        created: created.iter().filter_map(rule_name).collect(),
    })
}

impl Follow {
    fn read(node: &Node<'_>) -> Self {
        let mut follow = Self { max: MOST_REDIRECTS, ends_at: None };
        if node.mapping("follow", &FOLLOW_KEYS) {
            follow.max = node.get("max").and_then(|node| node.number("max")).unwrap_or(MOST_REDIRECTS);
            follow.ends_at = node.get("ends-at").and_then(|node| Expect::read(&node));
        }
        follow
    }
}
