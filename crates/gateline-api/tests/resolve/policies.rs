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

#[test]
fn no_more_ancestors_are_listed_than_the_api_allows() {
    let gateways: String =
        (0..19).map(|i| gateway(HTTP).replace("name: edge", &format!("name: g{i:02}"))).collect();
    let targets = |count: usize| {
        let one = |i| format!("{{group: gateway.networking.k8s.io, kind: Gateway, name: g{i:02}}}");
        (0..count).map(one).collect::<Vec<_>>().join(", ")
    };
    let ancestors = |count: usize| {
        let all = policy("BackendTrafficPolicy", "all", "", "")
            .replace("{group: gateway.networking.k8s.io, }", &targets(count));
        let older = policy("BackendTrafficPolicy", "a", "kind: Gateway, name: g18", "");
        let resolution = closed(&(gateways.clone() + &all + &older));
        status(&resolution, "BackendTrafficPolicy", "infra/all").parents.clone()
    };
    let sixteen = ancestors(16);
    assert_eq!(sixteen.len(), 16);
    assert!(sixteen.iter().all(|ancestor| said(&ancestor.conditions, "Aggregated") == "no Aggregated"));
    let more = ancestors(19);
    assert_eq!(more.len(), 16);
    assert_eq!(more[0].parent_ref.name, "g18", "what is wrong comes first");
    assert_eq!(said(&more[0].conditions, "Accepted"), "Accepted=False Conflicted");
    assert_eq!(said(&more[15].conditions, "Aggregated"), "Aggregated=True Aggregated");
    let message = &more[15].conditions.last().unwrap().message;
    assert!(
        message.ends_with("not listed: Gateway infra/g15, Gateway infra/g16, Gateway infra/g17"),
        "{message}"
    );
}

#[test]
fn selectors_reach_other_namespaces_only_with_a_grant() {
    let far = gateway(HTTP).replace("namespace: infra", "namespace: far, labels: {tier: edge}");
    let near = gateway(HTTP).replace("namespace: infra", "namespace: infra, labels: {tier: edge}");
    let grant = "apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: far}\n\
        spec: {from: [{group: gateway.envoyproxy.io, kind: SecurityPolicy, namespace: infra}], to: [{group: gateway.networking.k8s.io, kind: Gateway}]}\n---\n\
        apiVersion: v1\nkind: Namespace\nmetadata: {name: far, labels: {team: a}}\n---\n";
    let reached = |namespaces: &str, grant: &str| {
        let yaml = format!(
            "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {{name: p, namespace: infra}}\n\
             spec: {{targetSelectors: [{{kind: Gateway, matchLabels: {{tier: edge}}{namespaces}}}]}}\n---\n"
        );
        let resolution = closed(&(far.clone() + &near + &yaml + grant));
        let statuses = resolution.statuses.iter().filter(|status| *status.kind == *"SecurityPolicy");
        let parents: Vec<_> = statuses.flat_map(|status| &status.parents).collect();
        let unused = codes(&resolution).contains(&"GL304");
        let namespaces: Vec<String> = parents.iter().filter_map(|p| p.parent_ref.namespace.clone()).collect();
        (namespaces.join(" "), unused)
    };
    let is = |namespaces: &str, unused: bool| (namespaces.to_owned(), unused);
    assert_eq!(reached("", grant), is("infra", true));
    assert_eq!(reached(", namespaces: {from: Same}", grant), is("infra", true));
    assert_eq!(reached(", namespaces: {from: All}", grant), is("far infra", false));
    assert_eq!(reached(", namespaces: {from: All}", ""), is("infra", false));
    let of_team =
        |team: &str| format!(", namespaces: {{from: Selector, selector: {{matchLabels: {{team: {team}}}}}}}");
    assert_eq!(reached(&of_team("a"), grant), is("far", false));
    assert_eq!(
        reached(&of_team("a"), &grant.replace("kind: SecurityPolicy", "kind: ClientTrafficPolicy")),
        is("", true)
    );
}
