//! Validation against the examples of the Gateway API itself, and what it says of single mistakes.

use std::path::Path;

use gateline_api::parse::{Input, Limits, Loaded, load, text};
use gateline_api::{Finding, Severity, validate};

fn manifests(folder: &str) -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway-api").join(folder);
    let loaded = load(&[Input::Path(root)], &Limits::default());
    loaded.sources.iter().map(|source| source.name.to_string().into()).collect()
}

fn checked(mut loaded: Loaded) -> (Loaded, Vec<Finding>) {
    let findings = validate(&mut loaded.objects);
    (loaded, findings)
}

/// Each finding as `code line path: message`, without the name of the object.
fn said(yaml: &str) -> Vec<String> {
    let (loaded, findings) = checked(text("a", yaml));
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let line = |finding: &Finding| finding.origin.place.as_ref().map_or(0, |place| place.line);
    findings
        .iter()
        .map(|finding| {
            let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{} {} {}{help}", finding.code, line(finding), finding.message)
        })
        .collect()
}

/// An HTTPRoute `r` whose spec begins in line 4.
fn route(spec: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: ns}}\nspec:\n{spec}\n"
    )
}

#[test]
#[cfg(feature = "cel")]
fn every_invalid_example_is_refused_with_a_place() {
    let files = manifests("invalid");
    assert_eq!(files.len(), 36);
    for file in files {
        let (loaded, findings) = checked(load(&[Input::Path(file.clone())], &Limits::default()));
        assert!(loaded.objects.iter().any(|object| object.refused), "{}: {findings:?}", file.display());
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(!errors.is_empty() && errors.iter().all(|error| error.origin.place.is_some()), "{errors:?}");
    }
}

#[test]
fn every_valid_example_is_accepted() {
    let files = manifests("valid");
    assert!(files.len() > 80);
    for file in files {
        let (loaded, findings) = checked(load(&[Input::Path(file.clone())], &Limits::default()));
        assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
        assert!(loaded.objects.iter().all(|object| !object.refused), "{}: {findings:?}", file.display());
    }
}

#[test]
fn structure_is_judged_in_the_words_of_the_api_server() {
    let yaml = route(
        "  parentRefs: [{name: g, port: web}]
  hostnames: [UPPER]
  rules:
  - matches:
    - path: {type: Glob, value: /}
    filters: {}
    backendRefs:
    - {port: 70000}
    - {name: s, weight: null, port: 80}",
    );
    assert_eq!(
        said(&yaml),
        [
            "GL001 6 HTTPRoute ns/r spec.hostnames[0]: Invalid value: \"UPPER\": spec.hostnames[0] in body should match \
             '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
            "GL001 5 HTTPRoute ns/r spec.parentRefs[0].port: Invalid value: \"string\": spec.parentRefs[0].port in body must \
             be of type integer: \"string\"",
            "GL001 12 HTTPRoute ns/r spec.rules[0].backendRefs[0].name: Required value",
            "GL004 12 HTTPRoute ns/r spec.rules[0].backendRefs[0].port: Invalid value: 70000: \
             spec.rules[0].backendRefs[0].port in body should be less than or equal to 65535",
            "GL001 10 HTTPRoute ns/r spec.rules[0].filters: Invalid value: \"object\": spec.rules[0].filters in body must be \
             of type array: \"object\"",
            "GL001 9 HTTPRoute ns/r spec.rules[0].matches[0].path.type: Unsupported value: \"Glob\": supported values: \
             \"Exact\", \"PathPrefix\", \"RegularExpression\"",
        ]
    );
}

#[test]
fn unknown_and_experimental_fields_do_not_refuse() {
    let yaml = route("  useDefaultGateways: All\n  parentrefs: []\n  hostname: a.example\n  zzz: 1");
    let (loaded, findings) = checked(text("a", &yaml));
    assert!(loaded.objects.iter().all(|object| !object.refused), "{findings:?}");
    assert_eq!(
        said(&yaml),
        [
            "GL006 7 HTTPRoute ns/r spec.hostname: unknown field \"hostname\" (did you mean `hostnames`?)",
            "GL006 6 HTTPRoute ns/r spec.parentrefs: unknown field \"parentrefs\" (did you mean `parentRefs`?)",
            "GL007 5 HTTPRoute ns/r spec.useDefaultGateways: the field exists only in the experimental channel; a standard \
             cluster drops it",
            "GL006 8 HTTPRoute ns/r spec.zzz: unknown field \"zzz\"",
        ]
    );
}

#[test]
#[cfg(feature = "cel")]
fn rules_are_evaluated_with_their_place() {
    let yaml = route(
        "  rules:
  - filters:
    - {type: RequestRedirect, requestRedirect: {scheme: https}}
    backendRefs:
    - {name: s, port: 80}",
    );
    assert_eq!(
        said(&yaml),
        [
            "GL002 6 HTTPRoute ns/r spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with \
          backendRefs"
        ]
    );
}

#[test]
fn defaults_are_filled_in() {
    let yaml = route("  parentRefs: [{name: g}]\n  rules: [{backendRefs: [{name: s, port: 80}], matches: }]");
    let (loaded, findings) = checked(text("a", &yaml));
    assert!(findings.is_empty(), "{findings:?}");
    let route = loaded.objects.iter().next().unwrap();
    let at = |pointer: &str| route.value.pointer(pointer).unwrap().clone();
    assert_eq!(at("/spec/parentRefs/0/kind"), "Gateway");
    assert_eq!(at("/spec/rules/0/matches/0/path/type"), "PathPrefix");
    assert_eq!(at("/spec/rules/0/backendRefs/0/weight"), 1);
    assert_eq!(route.origin("spec.rules[0].matches[0].path").place.unwrap().to_string(), "a:6:55");
}

#[test]
fn kinds_versions_names_and_labels() {
    let object = |api: &str, kind: &str, metadata: &str| {
        format!("apiVersion: {api}\nkind: {kind}\nmetadata: {metadata}\n")
    };
    let gateway = "gateway.networking.k8s.io";
    assert_eq!(
        said(&object(&format!("{gateway}/v1"), "HttpRoute", "{name: r}")),
        ["GL001 1 HttpRoute default/r apiVersion: no matches for kind \"HttpRoute\" in version \
          \"gateway.networking.k8s.io/v1\" (did you mean `HTTPRoute`?)"]
    );
    assert_eq!(
        said(&object(&format!("{gateway}/v7"), "HTTPRoute", "{name: r}")),
        ["GL001 1 HTTPRoute default/r apiVersion: no matches for kind \"HTTPRoute\" in version \
          \"gateway.networking.k8s.io/v7\" (the newest version is `gateway.networking.k8s.io/v1`)"]
    );
    assert!(
        said(&object("cert-manager.io/v1", "Certificate", "{name: UPPER}")).is_empty(),
        "foreign kinds are not judged"
    );
    assert_eq!(
        said(&object("v1", "ConfigMap", "{name: c, labels: {a.b/c: yes}}")),
        [
            "GL001 3 ConfigMap default/c metadata.labels[a.b/c]: must be text, but is read as true (write it in quotes, as in \
          `a.b/c: \"…\"`)"
        ]
    );
    assert_eq!(said(&object("v1", "ConfigMap", "{name: Big}")).len(), 1);
    assert_eq!(said(&format!("{}data: {{a: 1}}\n", object("v1", "ConfigMap", "{name: c}"))).len(), 1);
}

#[test]
fn what_yaml_does_not_read_as_text_is_to_be_quoted() {
    let spec = "  hostnames: [1.5]
  rules:
  - matches:
    - headers: [{name: on, value: yes}]
    - headers: [{name: a, value: 017}]
    - headers: [{name: a, value: \"yes\"}]
    - headers: [{name: a, value: [yes]}]";
    let types: Vec<String> =
        said(&route(spec)).into_iter().filter(|line| line.contains("of type string")).collect();
    let hints = types.iter().map(|line| line.rsplit_once(" (").map_or("", |(_, hint)| hint));
    let read_as = |value| format!("it is read as {value}: write it in quotes if text is meant)");
    assert_eq!(
        hints.collect::<Vec<_>>(),
        [read_as("1.5"), read_as("true"), read_as("true"), read_as("15"), String::new()]
    );
}

#[test]
fn lists_that_are_maps_or_sets_hold_nothing_twice() {
    let yaml = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec:
  gatewayClassName: c
  listeners:
  - {name: a, port: 80, protocol: HTTP}
  - {name: a, port: 81, protocol: HTTP}
";
    assert_eq!(
        said(yaml),
        ["GL001 8 Gateway default/g spec.listeners[1]: Duplicate value: {\"name\":\"a\"}"]
    );
}
