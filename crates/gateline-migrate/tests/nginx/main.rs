//! The model of ingress-nginx against real nginx on loopback, with a configuration that follows the controller's template.
//!
//! Needs `nginx` (Debian: nginx-light): `cargo xtask test nginx`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod conf;
mod process;
mod sets;
#[path = "../shared/mod.rs"]
mod shared;

use std::fmt::Write as _;
use std::sync::Arc;

use gateline::analysis::{Witness, diff};
use gateline::explain::Outcome;
use gateline::model::Model;
use gateline::{Options, Router};
use gateline_migrate::{Source, SourceOptions};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use process::{Answer, Nginx};

fn router(model: Model) -> Router {
    Router::compile(Arc::new(model), &Options::default()).unwrap()
}

/// What the model says of a request, in the words of [`Answer`].
fn predicted(router: &Router, witness: &Witness) -> Option<Answer> {
    let entry = router.entry(witness.port)?;
    let answer = router.answer(entry, &witness.head(), 0);
    let hit = router.decide(entry, &witness.head());
    let fixed = || {
        let gateline::Decision::Hit(hit) = hit else { return None };
        let set = &router.view(hit)?.rule.filters.response_headers.as_ref()?.set;
        set.iter()
            .find(|(name, _)| *name == http::header::LOCATION)
            .map(|(_, value)| value.to_str().unwrap().to_owned())
    };
    Some(match answer.outcome {
        Outcome::Forward => {
            let backends: Vec<String> = answer.backends.iter().map(|share| share.reference.clone()).collect();
            Answer::Backend { one_of: backends, path: answer.upstream.unwrap().path }
        }
        _ => Answer::Status { status: answer.status.unwrap(), location: answer.location.or_else(fixed) },
    })
}

/// Sends a request to nginx and compares. The words of a disagreement.
fn disagreement(nginx: &Nginx, router: &Router, witness: &Witness) -> Option<String> {
    let said = predicted(router, witness)?;
    let got = nginx.ask(witness);
    let agrees = match (&said, &got) {
        (Answer::Backend { one_of, path }, Answer::Backend { one_of: got, path: got_path }) => {
            path == got_path && got.iter().all(|backend| one_of.contains(backend))
        }
        (said, got) => said == got,
    };
    (!agrees).then(|| format!("{witness}\n  model {said:?}\n  nginx {got:?}"))
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
    let witnesses = witnesses(&source.model);
    assert!(!witnesses.is_empty(), "{name}");
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
    assert!(asked > 60, "{asked}");
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
