//! What `gateline check` says about the examples of the Gateway API itself (`gateway-api/valid`), each file or folder by itself: true
//! findings and no others. GL005 is left out: files of one folder are alternatives there, of one name.

#![expect(clippy::expect_used, reason = "helpers of tests may fail loudly")]

use std::path::{Path, PathBuf};

use gateline_api::parse::{self, Input, Limits};
use gateline_api::resolve::Assume;
use gateline_api::{Finding, Options, Severity, Target, analyse, resolve, validate};

const EXPECTED: [&str; 24] = [
    "experimental/destination-port-matching-tcp.yaml:1 GL003",
    "experimental/v1alpha2/tls-routing/tls-route.yaml:1 GL003",
    "experimental/v1alpha3/tls-routing/tls-route.yaml:1 GL003",
    "standard/backend-tls.yaml:16 GL108",
    "standard/default-match-http.yaml:41 GL309",
    "standard/frontend-cert-validation.yaml:31 GL601",
    "standard/frontend-cert-validation.yaml:40 GL601",
    "standard/gateway-addresses.yaml:22 GL108",
    "standard/http-redirect-rewrite/httproute-redirect-303.yaml:13 GL403",
    "standard/http-redirect-rewrite/httproute-redirect-307.yaml:13 GL403",
    "standard/http-redirect-rewrite/httproute-redirect-308.yaml:13 GL403",
    "standard/http-route-attachment/gateway-namespaces.yaml:11 GL108",
    "standard/listenerset/listenerset.yaml:16 GL108",
    "standard/listenerset/listenerset.yaml:40 GL108",
    "standard/listenerset/listenerset.yaml:70 GL108",
    "standard/multicluster/httproute-method.yaml:16 GL309",
    "standard/multicluster/httproute-method.yaml:21 GL309",
    "standard/multicluster/httproute-referencegrant.yaml:15 GL309",
    "standard/multicluster/httproute-simple.yaml:12 GL309",
    "standard/tls-basic.yaml:10 GL108",
    "standard/tls-basic.yaml:20 GL108",
    "standard/tls-cert-cross-namespace.yaml:11 GL108",
    "standard/wildcard-tls-gateway.yaml:10 GL108",
    "standard/wildcard-tls-gateway.yaml:19 GL108",
];

#[test]
fn the_examples_have_these_findings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway-api/valid");
    let mut found: Vec<String> = ["standard", "experimental"]
        .iter()
        .flat_map(|channel| entries(&root.join(channel)))
        .flat_map(|path| findings(&path))
        .filter(|finding| finding.severity > Severity::Info && finding.code != "GL005")
        .map(|finding| place(&root, &finding))
        .collect();
    found.sort();
    assert_eq!(found, EXPECTED);
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("a folder of examples");
    entries.map(|entry| entry.expect("an example").path()).collect()
}

fn findings(path: &Path) -> Vec<Finding> {
    let mut loaded = parse::load(&[Input::Path(path.to_owned())], &Limits::default());
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let mut findings = loaded.findings;
    findings.extend(validate(&mut loaded.objects));
    let mut options = Options::default();
    (options.services, options.secrets, options.gateways, options.namespaces) =
        (Assume::Present, Assume::Present, Assume::Present, Assume::Present);
    let mut resolution = resolve(&loaded.objects, &options);
    findings.append(&mut resolution.findings);
    findings.extend(analyse(&resolution.model, &Target::default()));
    findings
}

/// `standard/basic-http.yaml:16 GL108`.
fn place(root: &Path, finding: &Finding) -> String {
    let place = finding.origin.place.as_ref().expect("every finding has a place");
    let file = Path::new(&*place.file).strip_prefix(root).expect("a file of the examples");
    format!("{}:{} {}", file.display(), place.line, finding.code)
}
