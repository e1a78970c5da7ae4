//! Small sets of Ingresses whose paths collide, and requests that meet them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use gateline::analysis::Witness;
use gateline_migrate::ImplementationSpecific;
use http::{HeaderValue, Method};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The host of a set.
pub(crate) fn host(number: usize) -> String {
    format!("s{number}.example")
}

const TEXTS: [&str; 9] = ["/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/a/bc", "/A", "/b"];
const PATTERNS: [&str; 8] =
    ["/a/[a-z]+", "/a|/b", "/(a|b)/c", "/a/(.*)", "/a(/|$)(.*)", "/[ab]{2}", "/a/b$", "/a/(?!b|c)(.*)"];

/// One to three Ingresses of one host, each path to a Service of its own.
pub(crate) fn ingresses(number: usize, specific: ImplementationSpecific) -> impl Strategy<Value = String> {
    let kinds = select(vec!["Exact", "Prefix", "ImplementationSpecific"]);
    let texts = vec((select(TEXTS.to_vec()), kinds), 1..4);
    let patterns = vec((select(PATTERNS.to_vec()), Just("ImplementationSpecific")), 0..3);
    let target = select(vec!["", "/x", "/x/$2", "/$1"]);
    let one = (texts, patterns, select(vec![0, 0, 1, 2]), target);
    vec(one, 1..4).prop_map(move |list| {
        let mut text = String::new();
        let mut backend = 0;
        let mut locations = BTreeSet::new();
        for (index, (texts, patterns, regex, target)) in list.into_iter().enumerate() {
            let mut annotations = String::new();
            if regex > 0 {
                annotations += "    nginx.ingress.kubernetes.io/use-regex: \"true\"\n";
            }
            if regex > 1 && !target.is_empty() {
                let _ = writeln!(annotations, "    nginx.ingress.kubernetes.io/rewrite-target: {target}");
            }
            let mut paths = String::new();
            let patterns = if regex > 0 { patterns } else { Vec::new() };
            for (path, kind) in texts.into_iter().chain(patterns) {
                // nginx refuses two locations of one text, and so does the controller's admission.
                let elements = kind == "Prefix" || specific == ImplementationSpecific::Prefix;
                let text = if elements { format!("{}/", path.trim_end_matches('/')) } else { path.to_owned() };
                if kind != "Exact" && !locations.insert(text) {
                    continue;
                }
                backend += 1;
                let service = format!("{{service: {{name: b{backend}, port: {{number: 80}}}}}}");
                let _ = writeln!(paths, "          - {{path: \"{path}\", pathType: {kind}, backend: {service}}}");
            }
            if paths.is_empty() {
                continue;
            }
            let apart = if text.is_empty() { "" } else { "---\n" };
            let _ = write!(
                text,
                "{apart}apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: s{number}-{index}\n  namespace: demo\n  \
                 annotations:\n    example.com/set: \"{number}\"\n{annotations}spec:\n  rules:\n    - host: {}\n      http:\n        \
                 paths:\n{paths}",
                host(number),
            );
        }
        text
    })
}

/// Paths that nginx takes as they are: no `//`, no dots, nothing encoded.
pub(crate) fn path() -> impl Strategy<Value = String> {
    let element = select(vec!["a", "b", "c", "ab", "bc", "A", "B", "x", "abc"]);
    (vec(element, 0..4), any::<bool>()).prop_map(|(elements, slash)| {
        let path = format!("/{}", elements.join("/"));
        if slash && path.len() > 1 { path + "/" } else { path }
    })
}

/// The same request with what else a client may send: who it is, where its page is from, other methods, a query, more of a path.
pub(crate) fn variations(witness: &Witness) -> Vec<Witness> {
    let with = |change: &dyn Fn(&mut Witness)| {
        let mut witness = witness.clone();
        change(&mut witness);
        witness
    };
    let header = |name: &'static str, value: &'static str| {
        with(&|witness| drop(witness.headers.insert(name, HeaderValue::from_static(value))))
    };
    let mut list: Vec<Witness> = ORIGINS.iter().map(|origin| header("origin", origin)).collect();
    let preflights = list.iter().map(|witness| {
        let mut witness = Witness { method: Method::OPTIONS, ..witness.clone() };
        witness.headers.insert("access-control-request-method", HeaderValue::from_static("PUT"));
        witness
    });
    let preflights: Vec<Witness> = preflights.collect();
    list.extend(preflights);
    list.push(header("authorization", "Basic dXNlcjpwYXNzd29yZA=="));
    list.push(header("authorization", "Basic bm9ib2R5Og=="));
    list.push(with(&|witness| witness.method = Method::POST));
    list.push(with(&|witness| witness.query = Some("q=1".into())));
    list.push(with(&|witness| witness.path += "x/y"));
    list
}

const ORIGINS: [&str; 5] = [
    "https://a.example",
    "https://x.b.example",
    "https://x.y.b.example",
    "http://a.example",
    "https://evil.example",
];
