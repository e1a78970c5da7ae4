use gateline_api::parse::Input;
use gateline_api::resolve::Assume;
use gateline_api::{Finding, Severity};
use gateline_migrate::{
    ConvertOptions, Dialect, Inventory, Manifest, Source, SourceOptions, Target, Verification, convert,
    verify,
};
use gateline_testing::{Config, Located, World, json};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{error, pairs};

/// What `gateline migrate --format json` prints, with the objects in place of files.
#[derive(Serialize)]
struct Report<'a> {
    proved: bool,
    #[serde(flatten)]
    verification: &'a Verification,
    inventory: &'a Inventory,
    findings: &'a [Finding],
    refused: &'a [Finding],
    /// YAML.
    manifests: String,
}

/// Gateway API objects for the Ingresses among texts (names and contents in turn), and whether they do the same, as JSON.
/// `envoy_gateway`: with the kinds of Envoy Gateway.
#[wasm_bindgen]
pub fn migrate(texts: Vec<String>, envoy_gateway: bool) -> Result<String, JsValue> {
    report(texts, envoy_gateway).map_err(|errors| error::load(&errors))
}

fn report(texts: Vec<String>, envoy_gateway: bool) -> Result<String, Vec<Located>> {
    let mut options = Config::default().options(None);
    // The Ingress does not say either whether a Service or a Secret exists.
    (options.services, options.secrets) = (Assume::Present, Assume::Present);
    let text = |(name, text): (String, String)| Input::Text { name: name.into(), bytes: text.into_bytes() };
    let inputs: Vec<Input> = pairs(texts).into_iter().map(text).collect();
    let world = World::load(&inputs, &options);
    if !world.errors.is_empty() {
        return Err(world.errors.iter().map(Located::from).collect());
    }
    let source = Source::ingress_nginx(&world.objects, &SourceOptions::default());
    usable(&world, &source)?;
    let mut chosen = ConvertOptions::default();
    chosen.dialect = if envoy_gateway { Dialect::EnvoyGateway } else { Dialect::Spec };
    let converted = convert(&source, &chosen);
    let written = converted.world(&world.objects, &options);
    let target = Target::new(&written.objects, &written.resolution);
    let verification = verify(&source, &target, &Config::default().target().options(), &[]);
    let verification = verification.map_err(|error| vec![Located::nowhere(error.to_string())])?;
    let manifests: Vec<String> = converted.manifests.iter().map(Manifest::yaml).collect();
    Ok(json(&Report {
        proved: verification.is_proved() && converted.refused.is_empty(),
        verification: &verification,
        inventory: &Inventory::new(&source, &verification, &converted.refused),
        findings: &source.findings,
        refused: &converted.refused,
        manifests: manifests.join("\n---\n"),
    }))
}

/// There is an Ingress, and a cluster would take each.
fn usable(world: &World, source: &Source) -> Result<(), Vec<Located>> {
    let refused = world
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && &*finding.origin.kind == "Ingress");
    let refused: Vec<Located> = refused
        .map(|finding| Located {
            place: finding.origin.place.clone(),
            message: finding.message.clone(),
            help: finding.help.clone(),
        })
        .collect();
    let any = world.objects.iter().any(|object| object.refused && &*object.kind == "Ingress");
    match (any, source.ingresses) {
        (true, _) => Err(refused),
        (false, 0) => Err(vec![Located::nowhere("there is no Ingress of networking.k8s.io/v1 here")]),
        (false, _) => Ok(()),
    }
}
