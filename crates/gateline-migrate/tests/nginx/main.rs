//! The model of ingress-nginx against real nginx on loopback, with a configuration that follows the controller's template.
//!
//! Needs `nginx` (Debian: nginx-light): `cargo xtask test nginx`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod conf;
mod guards;
mod process;
mod sets;
#[path = "../shared/mod.rs"]
mod shared;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use gateline::analysis::{Witness, diff};
use gateline::explain::Outcome;
use gateline::model::Model;
use gateline::{Options, Router};
use gateline_migrate::{Source, SourceOptions};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use process::{Answer, Became, Nginx};

fn router(model: Model) -> Router {
    Router::compile(Arc::new(model), &Options::default()).unwrap()
}

/// What the model says of a request from loopback, in the words of [`Answer`]. `None`: nothing, or what is known to be otherwise.
fn predicted(router: &Router, witness: &Witness) -> Option<Answer> {
    let entry = router.entry(witness.port)?;
    let answer = router.answer(entry, &witness.head(), 0);
    let rule = match router.decide(entry, &witness.head()) {
        gateline::Decision::Hit(hit) => Some(router.view(hit)?.rule),
        _ => None,
    };
    let cors = rule.and_then(|rule| rule.filters.cors.as_ref());
    let mut fields = http::HeaderMap::new();
    if let Some(cors) = cors {
        cors.apply(witness.headers.get(http::header::ORIGIN), &mut fields);
        // With enable-cors nginx answers every OPTIONS request, not only preflights.
        if witness.method == http::Method::OPTIONS {
            fields = cors.preflight(&witness.head())?;
        }
    }
    let origin = fields.get(http::header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let origin = origin.map(|origin| origin.to_str().unwrap().to_owned());
    let wild = rule.and_then(|rule| rule.policies.get("origins with one label for *"));
    let origin = origin.filter(|origin| wild.is_none_or(|patterns| has_one_label(origin, patterns)));
    let drops = rule.is_some_and(|rule| rule.policies.contains_key("query of the redirect"));
    let kept = |location: String| match location.split_once('?') {
        Some((path, _)) if drops => path.to_owned(),
        _ => location,
    };
    let stopped = || rule.and_then(|rule| stopped(&rule.policies, witness));
    let became = match answer.outcome {
        Outcome::Forward => stopped().unwrap_or_else(|| Became::Backend {
            one_of: answer.backends.iter().map(|share| share.reference.clone()).collect(),
            path: answer.upstream.unwrap().path,
        }),
        _ if cors.is_some() && witness.method == http::Method::OPTIONS => {
            // Which of the two a preflight is answered with is up to the server (Fetch: an ok status).
            assert!([200, 204].contains(&answer.status.unwrap()));
            let allowed = origin.is_some();
            if !allowed {
                return None;
            }
            Became::Status { status: 204, location: None }
        }
        _ => Became::Status { status: answer.status.unwrap(), location: answer.location.map(kept) },
    };
    Some(Answer { became, origin })
}

/// Whether an origin that a pattern takes is one label longer than it, or no pattern is about it.
fn has_one_label(origin: &str, patterns: &str) -> bool {
    let mut about = patterns.split(", ").filter_map(|pattern| {
        let (before, after) = pattern.split_once('*')?;
        Some(origin.strip_prefix(before)?.strip_suffix(after)?.contains('.'))
    });
    about.next() != Some(true)
}

/// What lists and questions do to a request from loopback; nginx looks at addresses first.
fn stopped(policies: &BTreeMap<Box<str>, Box<str>>, witness: &Witness) -> Option<Became> {
    let holds = |name: &str| policies.get(name).map(|ranges| ranges.contains("127.0.0."));
    let status = |status, location| Some(Became::Status { status, location });
    if holds("deny list") == Some(true) || holds("allow list") == Some(false) {
        return status(403, None);
    }
    let asked = policies.get("authentication")?;
    if asked.starts_with("basic") {
        let known = witness.headers.get(http::header::AUTHORIZATION).is_some_and(|value| value == USER);
        return if known { None } else { status(401, None) };
    }
    let (asked, signin) =
        asked.split_once(", else to ").map_or((&**asked, None), |(asked, url)| (asked, Some(url)));
    if asked.ends_with("/allow") {
        return None;
    }
    let query = witness.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let back = signin.map(|url| format!("{url}?rd=http://{}{}{query}", witness.host, witness.path));
    status(if signin.is_some() { 302 } else { 401 }, back)
}

/// `user:password`.
const USER: &str = "Basic dXNlcjpwYXNzd29yZA==";

/// Sends a request to nginx and compares. The words of a disagreement.
fn disagreement(nginx: &Nginx, router: &Router, witness: &Witness) -> Option<String> {
    let said = predicted(router, witness)?;
    let got = nginx.ask(witness);
    let agrees = match (&said.became, &got.became) {
        (Became::Backend { one_of, path }, Became::Backend { one_of: got, path: got_path }) => {
            path == got_path && got.iter().all(|backend| one_of.contains(backend))
        }
        (said, got) => said == got,
    };
    (!agrees || said.origin != got.origin).then(|| format!("{witness}\n  model {said:?}\n  nginx {got:?}"))
}

/// A request for every rule of a model: what differs from a Gateway without routes.
fn witnesses(model: &Model) -> Vec<Witness> {
    let mut empty = model.clone();
    for listener in &mut empty.listeners {
        listener.attached.clear();
    }
    let (full, empty) = (router(model.clone()), router(empty));
    diff(&full, &empty).changes.into_iter().map(|change| change.witness).collect()
}

/// `ImplementationSpecific` as the controller reads it, and as it is written.
fn both() -> [SourceOptions; 2] {
    [SourceOptions::default(), shared::raw_options()]
}

fn check(name: &str, ingress: &str, options: &SourceOptions, more: &[Witness]) -> (usize, String) {
    let objects = shared::objects(name, ingress);
    let source = Source::ingress_nginx(&objects, options);
    assert_eq!(source.unknown, Vec::<String>::new(), "{name}");
    let nginx = Nginx::start(&objects, options.globals.implementation_specific);
    let model = router(source.model.clone());
    let mut words = String::new();
    let mut witnesses = witnesses(&source.model);
    assert!(!witnesses.is_empty(), "{name}");
    let varied: Vec<Witness> = witnesses.iter().flat_map(sets::variations).collect();
    witnesses.extend(varied);
    for witness in witnesses.iter().chain(more) {
        if let Some(text) = disagreement(&nginx, &model, witness) {
            let _ = writeln!(words, "{name}: {text}");
        }
    }
    (witnesses.len() + more.len(), words)
}

#[test]
#[ignore = "needs nginx: cargo xtask test nginx"]
fn the_prover_s_witnesses() {
    let root = env!("CARGO_MANIFEST_DIR");
    let (mut asked, mut wrong) = (0, String::new());
    for entry in std::fs::read_dir(format!("{root}/tests/cases")).unwrap() {
        let folder = entry.unwrap().path();
        let text = std::fs::read_to_string(folder.join("ingress.yaml")).unwrap();
        // What a wrong conversion shows, real nginx shows too.
        let gateway = std::fs::read_to_string(folder.join("gateway.yaml")).unwrap();
        let target = router(shared::target(&gateway).model);
        for options in both() {
            let source = Source::ingress_nginx(&shared::objects("ingress.yaml", &text), &options);
            let changes = diff(&router(source.model), &target).changes;
            let more: Vec<Witness> = changes.into_iter().map(|change| change.witness).collect();
            let (count, words) = check(&folder.display().to_string(), &text, &options, &more);
            asked += count;
            wrong += &words;
        }
    }
    for entry in std::fs::read_dir(format!("{root}/tests/nginx/corpus")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let is_raw = path.file_name().unwrap().to_str().unwrap().starts_with("raw-");
        for options in both().iter().skip(usize::from(is_raw)) {
            let (count, words) = check(&path.display().to_string(), &text, options, &[]);
            asked += count;
            wrong += &words;
        }
    }
    assert!(wrong.is_empty(), "of {asked} requests these are decided otherwise:\n{wrong}");
    assert!(asked > 1000, "{asked}");
}

#[test]
#[ignore = "needs nginx: cargo xtask test nginx"]
fn random_ingresses_and_requests() {
    both().iter().for_each(random);
}

fn random(options: &SourceOptions) {
    let specific = options.globals.implementation_specific;
    let mut runner = TestRunner::deterministic();
    let mut sample = |strategy: &dyn Fn() -> proptest::strategy::BoxedStrategy<String>| {
        strategy().new_tree(&mut runner).unwrap().current()
    };
    // One host for each set, so that one nginx holds them all.
    let sets: Vec<String> =
        (0..120).map(|number| sample(&|| sets::ingresses(number, specific).boxed())).collect();
    let text = sets.join("---\n");
    let objects = shared::objects("random.yaml", &text);
    let source = Source::ingress_nginx(&objects, options);
    let (nginx, model) = (Nginx::start(&objects, specific), router(source.model.clone()));
    let template = witnesses(&source.model).remove(0);
    let mut wrong = String::new();
    for (number, set) in sets.iter().enumerate() {
        for _ in 0..60 {
            let path = sample(&|| sets::path().boxed());
            let witness = Witness { host: sets::host(number), path, ..template.clone() };
            if let Some(text) = disagreement(&nginx, &model, &witness) {
                let _ = writeln!(wrong, "{text}\n{set}");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}

/// What depends on dice, on a clock or on a body: the words of the model are what nginx does.
#[test]
#[ignore = "needs nginx: cargo xtask test nginx"]
fn shares_limits_and_sizes() {
    let one = |name: &str, host: &str, service: &str, annotations: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: demo, annotations: {{{annotations}}}}}\n\
             spec:\n  rules:\n  - host: {host}\n    http:\n      paths:\n      - {{path: /, pathType: Prefix, backend: \
             {{service: {{name: {service}, port: {{number: 80}}}}}}}}\n"
        )
    };
    let of = |name: &str, value: &str| format!("nginx.ingress.kubernetes.io/{name}: \"{value}\"");
    let canary = format!("{}, {}", of("canary", "true"), of("canary-weight", "25"));
    let limit = format!("{}, {}", of("limit-rps", "1"), of("limit-burst-multiplier", "3"));
    let text = [
        one("web", "split.example", "web", ""),
        one("next", "split.example", "next", &canary),
        one("limited", "limit.example", "limited", &limit),
        one("small", "small.example", "small", &of("proxy-body-size", "1k")),
    ]
    .join("---\n");
    let objects = shared::objects("ingress.yaml", &text);
    let source = Source::ingress_nginx(&objects, &SourceOptions::default());
    let nginx = Nginx::start(&objects, SourceOptions::default().globals.implementation_specific);
    let (model, template) = (router(source.model.clone()), witnesses(&source.model).remove(0));
    let to = |host: &str| Witness { host: host.into(), path: "/".into(), ..template.clone() };
    let said = |host: &str, name: &str| {
        let witness = to(host);
        let entry = model.entry(witness.port).unwrap();
        let gateline::Decision::Hit(hit) = model.decide(entry, &witness.head()) else { panic!("{host}") };
        model.view(hit).unwrap().rule.policies[name].to_string()
    };
    let is_next = |_: &usize| {
        let Became::Backend { one_of, .. } = nginx.ask(&to("split.example")).became else {
            panic!("no backend")
        };
        one_of == ["demo/next:80"]
    };
    let share = (0..1200).filter(is_next).count();
    assert!((240..=360).contains(&share), "{share} of 1200 at a weight of 25");

    assert_eq!(
        said("limit.example", "limit"),
        "1 a second with bursts of 3, for each address in each replica, answered 503"
    );
    let passes = |answer: &Answer| matches!(answer.became, Became::Backend { .. });
    let answers: Vec<Answer> = (0..12).map(|_| nginx.ask(&to("limit.example"))).collect();
    let count = answers.iter().filter(|answer| passes(answer)).count();
    assert!(answers.iter().take(4).all(passes) && (4..=6).contains(&count), "{answers:?}");
    let over = Became::Status { status: 503, location: None };
    assert!(answers.iter().all(|answer| passes(answer) || answer.became == over), "{answers:?}");

    assert_eq!(said("small.example", "body size"), "1Ki");
    let sized = |size: &'static str| {
        let mut witness = Witness { method: http::Method::POST, ..to("small.example") };
        witness.headers.insert(http::header::CONTENT_LENGTH, http::HeaderValue::from_static(size));
        nginx.ask(&witness).became
    };
    assert_eq!(sized("1025"), Became::Status { status: 413, location: None });
    assert!(matches!(sized("0"), Became::Backend { .. }));
}
