use std::fmt::Write as _;
use std::time::{Duration, Instant};

use gateline_api::parse::{Input, Limits, load};
use proptest::prelude::*;
use proptest::sample::SizeRange;

use super::*;

/// One world in which most steps have something to say.
fn documents() -> Vec<String> {
    let limit = "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: NAME, namespace: infra}\n\
                 spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]}\n";
    let set = "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: NAME, namespace: infra}\n\
               spec: {parentRef: {name: edge}, listeners: [{name: a, port: 81, protocol: HTTP}]}\n";
    let gateway = gateway("{name: a, port: 80, protocol: HTTP}\n{name: b, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}")
        .replace("  listeners:", "  allowedListeners: {namespaces: {from: All}}\n  listeners:");
    let backend = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: x, port: 80}]}]}";
    let far =
        "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: far, namespace: other, port: 80}]}]}";
    let all = gateway
        + &service("x")
        + &route("HTTPRoute", "infra", "one", backend)
        + &route("HTTPRoute", "infra", "two", far)
        + &route("GRPCRoute", "infra", "two", backend)
        + &route("HTTPRoute", "far", "three", "{parentRefs: [{name: edge, namespace: infra}]}");
    let names = ["first", "second"]
        .into_iter()
        .flat_map(|name| [limit.replace("NAME", name), set.replace("NAME", name)]);
    all.split("---\n").filter(|text| !text.is_empty()).map(ToOwned::to_owned).chain(names).collect()
}

fn told(order: &[(usize, String)]) -> String {
    let input = |(i, text): &(usize, String)| Input::Text {
        name: format!("{i}.yaml").into(),
        bytes: text.clone().into_bytes(),
    };
    let inputs: Vec<Input> = order.iter().map(input).collect();
    let loaded = load(&inputs, &Limits::default());
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let resolution = resolve(&loaded.objects, &Options::default());
    assert!(resolution.findings.len() > 5);
    format!("{resolution:#?}")
}

proptest! {
    #[test]
    fn the_order_of_the_input_does_not_matter(order in Just(documents().into_iter().enumerate().collect::<Vec<_>>()).prop_shuffle()) {
        let sorted: Vec<_> = documents().into_iter().enumerate().collect();
        prop_assert_eq!(told(&order), told(&sorted));
    }

    /// Whatever stands in the place of a value, nothing panics and the good route is served.
    #[test]
    fn one_odd_object_never_stops_the_others(spec in "\\PC{0,40}", sizes in prop::collection::vec(any::<i32>(), SizeRange::new(1..=3))) {
        let odd = serde_json::json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "odd", "namespace": "infra"},
            "spec": {"parentRefs": [{"name": "edge", "port": sizes[0]}], "hostnames": [spec.clone()], "rules": [{
                "matches": [{"path": {"type": spec.clone(), "value": spec.clone()}, "headers": [{"name": spec.clone(), "value": spec.clone()}]}],
                "filters": [{"type": spec.clone()}, {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": spec.clone()}}}],
                "timeouts": {"request": spec.clone()}, "backendRefs": [{"name": spec.clone(), "weight": sizes.last()}]}]}
        });
        let good = route("HTTPRoute", "infra", "good", "{parentRefs: [{name: edge}]}");
        let resolution = closed(&(gateway("{name: http, port: 80, protocol: HTTP}") + &good + &odd.to_string()));
        prop_assert!(is_true(&parent(&resolution, "HTTPRoute", "infra/good", 0).conditions, "Accepted"));
    }
}

#[test]
fn five_thousand_routes_take_well_under_a_second() {
    let mut yaml = gateway("{name: http, port: 80, protocol: HTTP}") + &service("x");
    for i in 0..5_000 {
        let spec = format!(
            "{{parentRefs: [{{name: edge}}], hostnames: [h{i}.com], rules: [{{backendRefs: [{{name: x, port: 80}}]}}]}}"
        );
        write!(yaml, "{}", route("HTTPRoute", "infra", &format!("r{i}"), &spec)).unwrap();
    }
    let loaded = parse::text("many.yaml", &yaml);
    let start = Instant::now();
    let resolution = resolve(&loaded.objects, &Options::default());
    let took = start.elapsed();
    assert_eq!(serving(&resolution), [("infra/edge/http".to_owned(), 5_000)]);
    println!("5,000 routes resolve in {took:?}");
    // A debug build on a busy machine; quadratic work would take minutes.
    assert!(took < Duration::from_secs(10), "{took:?}");
}
