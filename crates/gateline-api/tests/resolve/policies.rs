use super::*;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";

fn policy(kind: &str, name: &str, target: &str, more: &str) -> String {
    format!(
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, namespace: infra}}\n\
         spec: {{targetRefs: [{{group: gateway.networking.k8s.io, {target}}}]{more}}}\n---\n"
    )
}

fn world(policies: &str) -> Resolution {
    let spec = "{parentRefs: [{name: edge}], rules: [{name: one, backendRefs: [{name: a, port: 80}]}]}";
    closed(&(gateway(HTTP) + &service("a") + &route("HTTPRoute", "infra", "r", spec) + policies))
}

const LIMIT: &str = ", rateLimit: {type: Global, global: {rules: []}}";

#[test]
fn a_policy_of_a_route_replaces_that_of_the_gateway() {
    let resolution = world(
        &(policy("BackendTrafficPolicy", "wide", "kind: Gateway, name: edge", LIMIT)
            + &policy("BackendTrafficPolicy", "narrow", "kind: HTTPRoute, name: r", LIMIT)),
    );
    assert_eq!(codes(&resolution), ["GL802"]);
    assert_eq!(&*resolution.findings[0].origin.object.name, "narrow");
    let wide = parent(&resolution, "BackendTrafficPolicy", "infra/wide", 0);
    assert_eq!(said(&wide.conditions, "Overridden"), "Overridden=True Overridden");
    assert!(is_true(&wide.conditions, "Accepted"));
    let narrow = parent(&resolution, "BackendTrafficPolicy", "infra/narrow", 0);
    assert_eq!(said(&narrow.conditions, "Overridden"), "no Overridden");
    assert_eq!((narrow.parent_ref.kind.as_str(), narrow.parent_ref.name.as_str()), ("Gateway", "edge"));
}

#[test]
fn a_policy_that_merges_replaces_nothing() {
    let merge = format!("{LIMIT}, mergeType: StrategicMerge");
    let resolution = world(
        &(policy("BackendTrafficPolicy", "wide", "kind: Gateway, name: edge", LIMIT)
            + &policy("BackendTrafficPolicy", "narrow", "kind: HTTPRoute, name: r", &merge)),
    );
    assert_eq!(codes(&resolution), [""; 0]);
}

#[test]
fn kinds_of_policies_do_not_touch_each_other() {
    let resolution = world(
        &(policy("SecurityPolicy", "wide", "kind: Gateway, name: edge", "")
            + &policy("BackendTrafficPolicy", "narrow", "kind: HTTPRoute, name: r", LIMIT)),
    );
    assert_eq!(codes(&resolution), [""; 0]);
}

#[test]
fn of_two_on_one_target_the_first_counts() {
    let resolution = world(
        &(policy("BackendTrafficPolicy", "b", "kind: Gateway, name: edge", LIMIT)
            + &policy("BackendTrafficPolicy", "a", "kind: Gateway, name: edge", LIMIT)),
    );
    assert_eq!(codes(&resolution), ["GL803"]);
    let accepted =
        |name: &str| said(&parent(&resolution, "BackendTrafficPolicy", name, 0).conditions, "Accepted");
    assert_eq!(accepted("infra/a"), "Accepted=True Accepted");
    assert_eq!(accepted("infra/b"), "Accepted=False Conflicted");
}

#[test]
fn targets_that_are_not_there() {
    for (kind, target, statuses) in [
        ("BackendTrafficPolicy", "kind: HTTPRoute, name: gone", 0),
        ("ClientTrafficPolicy", "kind: HTTPRoute, name: r", 0),
        ("BackendTrafficPolicy", "kind: Gateway, name: edge, sectionName: gone", 1),
        ("SecurityPolicy", "kind: HTTPRoute, name: r, sectionName: two", 1),
    ] {
        let resolution = world(&policy(kind, "p", target, ""));
        assert_eq!(codes(&resolution), ["GL801"], "{target}");
        let found: Vec<_> = resolution.statuses.iter().filter(|s| *s.kind == *kind).collect();
        assert_eq!(found.len(), statuses, "{target}");
        for status in found {
            assert_eq!(said(&status.parents[0].conditions, "Accepted"), "Accepted=False TargetNotFound");
        }
    }
    let good = world(&policy("SecurityPolicy", "p", "kind: HTTPRoute, name: r, sectionName: one", ""));
    assert_eq!(codes(&good), [""; 0]);
}
