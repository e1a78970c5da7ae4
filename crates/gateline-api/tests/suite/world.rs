//! The base manifests of the suite, and what its Go code creates beside them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateline_api::resolve::Assume;
use gateline_api::{Object, Objects, Options, parse};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};

use crate::expected::Case;

pub(crate) const CLASS: &str = "gateline";
pub(crate) const CONTROLLER: &str = "gateline.dev/gateway-controller";
const INFRA: &str = "gateway-conformance-infra";

/// The suite's folder, and the objects that it creates for all tests.
pub(crate) struct World {
    tests: String,
    base: String,
}

impl World {
    pub(crate) fn new(suite: &Path) -> Self {
        let base = fs::read_to_string(suite.join("base/manifests.yaml")).unwrap();
        let tests = suite.join("tests").to_string_lossy().into_owned();
        Self { tests, base: filled(&base) + &class() + &certificates() }
    }

    /// The tests, by the names of their manifests.
    pub(crate) fn tests(&self) -> BTreeSet<String> {
        let names = fs::read_dir(&self.tests).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter_map(|name| Some(name.to_str()?.strip_suffix(".yaml")?.to_owned())).collect()
    }

    /// The cluster while a test runs. Fails where an API server would refuse an object.
    pub(crate) fn during(&self, case: &Case) -> Objects {
        let test = &case.test;
        let manifest = fs::read_to_string(format!("{}/{test}.yaml", self.tests)).unwrap();
        let mut loaded = parse::text(test, &(self.base.clone() + "\n---\n" + &filled(&manifest)));
        assert!(loaded.errors.is_empty(), "{test}: {:?}", loaded.errors);
        let _ = gateline_api::validate(&mut loaded.objects);
        let refused = loaded.objects.iter().find(|object| object.refused);
        assert!(refused.is_none(), "{test}: {refused:?}");
        let gone = |kind: &str, name: &str| case.without.iter().any(|(k, n)| k == kind && n == name);
        let before = loaded.objects.len();
        let mut objects = Objects::default();
        for (generation, object) in (2..).zip(loaded.objects.iter()) {
            if !gone(&object.kind, &object.name.name) {
                objects.insert(Object { generation, ..object.clone() });
            }
        }
        assert_eq!(before - objects.len(), case.without.len(), "{case}: no such object");
        objects
    }
}

/// As in a cluster: what is not there does not exist.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.services = Assume::Missing;
    options.secrets = Assume::Missing;
    options.gateways = Assume::Missing;
    options.namespaces = Assume::Missing;
    options.controller = Some(CONTROLLER.to_owned());
    options
}

fn filled(manifest: &str) -> String {
    manifest.replace("{GATEWAY_CLASS_NAME}", CLASS).replace("{GATEWAY_CONTROLLER_NAME}", CONTROLLER)
}

fn class() -> String {
    format!(
        "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {CLASS}}}\n\
         spec: {{controllerName: {CONTROLLER}}}\n"
    )
}

/// The Secrets and ConfigMaps of the suite's set-up.
fn certificates() -> String {
    let authority = || {
        let mut params = CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let mut all = String::new();
    let mut secret = |namespace: &str, name: &str, hosts: &[&str], issuer: &CertifiedIssuer<'_, KeyPair>| {
        let key = KeyPair::generate().unwrap();
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let leaf = CertificateParams::new(hosts).unwrap().signed_by(&key, issuer).unwrap();
        let [crt, key] = [leaf.pem(), key.serialize_pem()].map(|pem| STANDARD.encode(pem));
        write!(
            all,
            "\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
             type: kubernetes.io/tls\ndata: {{tls.crt: {crt}, tls.key: {key}}}\n"
        )
        .unwrap();
    };
    let [clients, ports, servers] = [authority(), authority(), authority()];
    secret("gateway-conformance-web-backend", "certificate", &["*"], &servers);
    secret(INFRA, "tls-validity-checks-certificate", &["*", "*.org", "*.wildcard.org"], &servers);
    secret(INFRA, "tls-validity-checks-client-certificate", &[], &clients);
    secret(INFRA, "tls-validity-checks-per-port-client-certificate", &[], &ports);
    secret(INFRA, "tls-checks-certificate", &["abc.example.com", "other.example.com"], &servers);
    secret(INFRA, "tls-checks-client-certificate", &[], &servers);
    secret(INFRA, "tls-passthrough-checks-certificate", &["abc.example.com"], &servers);
    secret(
        "gateway-conformance-app-backend",
        "tls-passthrough-checks-certificate",
        &["abc.example.com"],
        &servers,
    );
    secret(INFRA, "tls-terminate-checks-certificate", &["tls.example.com"], &servers);
    let mut map = |namespace: &str, name: &str, issuer: &CertifiedIssuer<'_, KeyPair>| {
        let indented = issuer.pem().replace('\n', "\n    ");
        write!(
            all,
            "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
             data:\n  ca.crt: |\n    {indented}\n"
        )
        .unwrap();
    };
    map("gateway-conformance-web-backend", "web-backend-cm", &authority());
    map(INFRA, "tls-validity-checks-ca-certificate", &clients);
    map(INFRA, "tls-validity-checks-per-port-ca-certificate", &ports);
    map(INFRA, "tls-checks-ca-certificate", &servers);
    map(INFRA, "mismatch-ca-certificate", &authority());
    all
}
