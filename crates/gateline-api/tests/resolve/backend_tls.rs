use gateline_api::Severity;
use gateline_api::resolve::SubjectAltName;

use super::tls::pem;
use super::*;

fn backend_tls(name: &str, created: &str, section: &str, validation: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {{name: {name}, namespace: infra, creationTimestamp: {created}}}\n\
         spec: {{targetRefs: [{{group: '', kind: Service, name: app{section}}}], validation: {validation}}}\n---\n"
    )
}

fn backend_world(policies: &str) -> Resolution {
    let (ca, _) = pem("ca");
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ca, namespace: infra}}\ndata:\n  ca.crt: |\n{}---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: empty, namespace: infra}}\ndata: {{}}\n---\n",
        ca.lines().fold(String::new(), |text, line| text + "    " + line + "\n")
    );
    let service = service("app")
        .replace("ports: [{port: 80}]", "ports: [{name: one, port: 80}, {name: two, port: 81}]");
    let spec = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: app, port: 80}, {name: app, port: 81}]}]}";
    closed(
        &(gateway("{name: http, port: 80, protocol: HTTP}")
            + &map
            + &service
            + &route("HTTPRoute", "infra", "r", spec)
            + policies),
    )
}

const CA: &str = "{hostname: app.internal, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}";
const OLD: &str = "2026-01-01T00:00:00Z";
const NEW: &str = "2026-02-01T00:00:00Z";

#[test]
fn a_backend_policy_holds_for_every_port_unless_a_port_has_its_own() {
    let system = "{hostname: two.internal, wellKnownCACertificates: System, subjectAltNames: [{type: URI, uri: 'spiffe://x/y'}]}";
    let resolution = backend_world(
        &(backend_tls("all", OLD, "", CA) + &backend_tls("two", NEW, ", sectionName: two", system)),
    );
    let [one, two] = [0, 1].map(|i| resolution.upstreams[i].tls.clone().unwrap());
    assert_eq!((one.hostname.as_str(), one.roots.map(|roots| roots.len())), ("app.internal", Some(1)));
    assert_eq!((two.hostname.as_str(), two.roots), ("two.internal", None));
    assert_eq!(two.san, [SubjectAltName::Uri("spiffe://x/y".to_owned())]);
    for name in ["infra/all", "infra/two"] {
        let ancestor = parent(&resolution, "BackendTLSPolicy", name, 0);
        assert_eq!(
            (ancestor.parent_ref.kind.as_str(), ancestor.parent_ref.name.as_str()),
            ("Gateway", "edge")
        );
        assert_eq!(said(&ancestor.conditions, "Accepted"), "Accepted=True Accepted");
        assert_eq!(said(&ancestor.conditions, "ResolvedRefs"), "ResolvedRefs=True ResolvedRefs");
    }
}

#[test]
fn the_older_of_two_backend_policies_counts() {
    let other = CA.replace("app.internal", "other");
    let resolution = backend_world(&(backend_tls("a", NEW, "", &other) + &backend_tls("b", OLD, "", CA)));
    assert_eq!(resolution.upstreams[0].tls.as_ref().unwrap().hostname, "app.internal");
    assert_eq!(
        said(&parent(&resolution, "BackendTLSPolicy", "infra/a", 0).conditions, "Accepted"),
        "Accepted=False Conflicted"
    );
    assert!(is_true(&parent(&resolution, "BackendTLSPolicy", "infra/b", 0).conditions, "Accepted"));
    assert!(codes(&resolution).contains(&"GL803"));
}

#[test]
fn a_conflict_on_one_target_leaves_the_other_alone() {
    let (one, two) = (", sectionName: one", ", sectionName: two");
    let both = backend_tls("both", NEW, one, &CA.replace("app.internal", "both.internal"))
        .replace("}], validation", "}, {group: '', kind: Service, name: app, sectionName: two}], validation");
    let older = backend_tls("older", OLD, one, CA);
    let half = backend_world(&(older.clone() + &both));
    let hostname = |i: usize| half.upstreams[i].tls.as_ref().unwrap().hostname.as_str();
    assert_eq!([hostname(0), hostname(1)], ["app.internal", "both.internal"]);
    let accepted =
        |r: &Resolution| said(&parent(r, "BackendTLSPolicy", "infra/both", 0).conditions, "Accepted");
    assert_eq!(accepted(&half), "Accepted=True Accepted");
    let place = |r: &Resolution| {
        let conflicts = r.findings.iter().filter(|finding| finding.code == "GL803");
        conflicts.map(|finding| finding.origin.path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(place(&half), ["spec.targetRefs[0]"]);
    let whole = backend_world(&(older + &backend_tls("oldest", OLD, two, CA) + &both));
    assert_eq!(accepted(&whole), "Accepted=False Conflicted");
}

#[test]
fn a_backend_policy_for_a_service_that_is_not_there() {
    let policy = backend_tls("p", OLD, "", "{hostname: x, wellKnownCACertificates: System}");
    let dead = |resolution: Resolution| {
        let found = resolution.findings.into_iter().filter(|finding| finding.code == "GL801");
        found.map(|finding| finding.severity).collect::<Vec<_>>()
    };
    let other = service("other");
    assert_eq!(dead(closed(&policy)), [Severity::Error]);
    assert_eq!(dead(open(&(other.clone() + &policy))), [Severity::Info]);
    assert!(dead(open(&policy)).is_empty(), "no Service of the namespace is in the input");
    assert!(dead(closed(&(service("app") + &policy))).is_empty());
    let mut options = Options::default();
    options.services = gateline_api::resolve::Assume::Present;
    assert!(dead(resolve_with(&(other + &policy), &options)).is_empty());
}

#[test]
fn a_backend_policy_for_what_is_no_port_of_a_service() {
    let policy =
        |target: &str| backend_tls("p", OLD, "", CA).replace("group: '', kind: Service, name: app", target);
    let accepted = |r: &Resolution| said(&parent(r, "BackendTLSPolicy", "infra/p", 0).conditions, "Accepted");
    let gone = backend_world(&policy("group: '', kind: Service, name: app, sectionName: three"));
    assert_eq!(accepted(&gone), "Accepted=False TargetNotFound");
    let found = gone.findings.iter().find(|finding| finding.code == "GL801").unwrap();
    assert_eq!(&*found.origin.path, "spec.targetRefs[0].sectionName");
    assert!(gone.upstreams.iter().all(|upstream| upstream.tls.is_none() && !upstream.broken_tls));

    let kind = "group: '', kind: Secret, name: app";
    let foreign = backend_world(&policy(kind));
    assert!(codes(&foreign).contains(&"GL801") && foreign.upstreams[0].tls.is_none());
    assert!(status(&foreign, "BackendTLSPolicy", "infra/p").parents.is_empty());

    let both =
        backend_world(&policy(&format!("{kind}}}, {{group: '', kind: Service, name: app, sectionName: two")));
    assert_eq!(accepted(&both), "Accepted=True Accepted", "in force for the port it finds");
    assert!(both.upstreams[0].tls.is_none() && both.upstreams[1].tls.is_some());

    let whole = backend_world(&policy("group: '', kind: Service, name: app, sectionName: ''"));
    assert!(!codes(&whole).contains(&"GL801") && whole.upstreams[0].tls.is_some());
}

#[test]
fn a_backend_policy_without_an_authority_sends_nothing_in_the_clear() {
    for (reference, reason) in [
        ("{group: '', kind: ConfigMap, name: gone}", "InvalidCACertificateRef"),
        ("{group: '', kind: ConfigMap, name: empty}", "InvalidCACertificateRef"),
        ("{group: '', kind: Secret, name: ca}", "InvalidKind"),
    ] {
        let validation = format!("{{hostname: x, caCertificateRefs: [{reference}]}}");
        let resolution = backend_world(&backend_tls("p", OLD, "", &validation));
        assert!(resolution.upstreams[0].broken_tls && resolution.upstreams[0].tls.is_none());
        let conditions = &parent(&resolution, "BackendTLSPolicy", "infra/p", 0).conditions;
        assert_eq!(said(conditions, "Accepted"), "Accepted=False NoValidCACertificate", "{reference}");
        assert_eq!(said(conditions, "ResolvedRefs"), format!("ResolvedRefs=False {reason}"), "{reference}");
        assert!(codes(&resolution).contains(&"GL606"));
    }
    let half = "{hostname: x, caCertificateRefs: [{group: '', kind: ConfigMap, name: gone}, {group: '', kind: ConfigMap, name: ca}]}";
    let resolution = backend_world(&backend_tls("p", OLD, "", half));
    let conditions = &parent(&resolution, "BackendTLSPolicy", "infra/p", 0).conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=True Accepted");
    assert_eq!(said(conditions, "ResolvedRefs"), "ResolvedRefs=False InvalidCACertificateRef");
    assert!(resolution.upstreams[0].tls.is_some());
}
