//! Manifests to both sides of a comparison.
#![allow(dead_code, reason = "each test file uses a part")]

use gateline::Options;
use gateline_api::resolve::Assume;
use gateline_api::{Objects, parse, resolve, validate};
use gateline_migrate::{
    Accept, Difference, ImplementationSpecific, Source, SourceOptions, Target, Verification, verify,
};

pub(crate) fn objects(name: &str, text: &str) -> Objects {
    let mut loaded = parse::text(name, text);
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let _ = validate(&mut loaded.objects);
    loaded.objects
}

pub(crate) fn source(text: &str) -> Source {
    Source::ingress_nginx(&objects("ingress.yaml", text), &SourceOptions::default())
}

/// With `ImplementationSpecific` as raw beginnings.
pub(crate) fn raw(text: &str) -> Source {
    Source::ingress_nginx(&objects("ingress.yaml", text), &raw_options())
}

pub(crate) fn raw_options() -> SourceOptions {
    let mut options = SourceOptions::default();
    options.globals.implementation_specific = ImplementationSpecific::Raw;
    options
}

pub(crate) fn target(text: &str) -> Target {
    let objects = objects("gateway.yaml", text);
    let mut options = gateline_api::Options::default();
    (options.services, options.secrets) = (Assume::Present, Assume::Present);
    Target::new(&objects, &resolve(&objects, &options))
}

pub(crate) fn compare(ingress: &str, gateway: &str, accept: &[Accept]) -> Verification {
    verify(&source(ingress), &target(gateway), &Options::default(), accept).unwrap()
}

pub(crate) fn codes(verification: &Verification) -> Vec<&'static str> {
    let mut codes: Vec<_> = verification.differences.iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

pub(crate) fn one<'v>(verification: &'v Verification, code: &str) -> &'v Difference {
    let found = verification.differences.iter().find(|one| one.code == code);
    found.unwrap_or_else(|| panic!("no {code} among {:?}", verification.differences))
}
