use super::*;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";

/// The codes of a rule with these fields, without those about things that are not in the input.
fn rule(rule: &str) -> Vec<&'static str> {
    let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{{{rule}}}]}}");
    let found =
        open(&(gateway(HTTP) + &service("a") + &service("b") + &route("HTTPRoute", "infra", "r", &spec)));
    codes(&found)
}

fn rewrite(path: &str) -> Vec<&'static str> {
    rule(&format!(
        "filters: [{{type: URLRewrite, urlRewrite: {{path: {path}}}}}], backendRefs: [{{name: a, port: 80}}]"
    ))
}

#[test]
fn references_that_nothing_fills_in() {
    let full = |text: &str| rewrite(&format!("{{type: ReplaceFullPath, replaceFullPath: '{text}'}}"));
    for text in ["/$2", "/${id}", r"/\1", "/x$request_uri"] {
        assert_eq!(full(text), ["GL405"], "{text}");
    }
    for text in ["/odata/$metadata", "/$", "/a"] {
        assert_eq!(full(text), [""; 0], "{text}");
    }
    let redirect = "filters: [{type: RequestRedirect, requestRedirect: {hostname: 'n$host'}}]";
    assert_eq!(rule(redirect), ["GL405"]);
}

#[test]
fn slashes_of_replacements() {
    let prefix = |text: &str| rewrite(&format!("{{type: ReplacePrefixMatch, replacePrefixMatch: '{text}'}}"));
    for text in ["new", "/a//b"] {
        assert_eq!(prefix(text), ["GL404"], "{text}");
    }
    for text in ["/", "/new", "/new/", ""] {
        assert_eq!(prefix(text), [""; 0], "{text}");
    }
}

#[test]
fn modifiers_that_contradict_themselves() {
    let request = |modifier: &str| {
        rule(&format!(
            "filters: [{{type: RequestHeaderModifier, requestHeaderModifier: {modifier}}}], backendRefs: [{{name: a, port: 80}}]"
        ))
    };
    for modifier in [
        "{set: [{name: x-a, value: '1'}], remove: [X-A]}",
        "{set: [{name: x-a, value: '1'}, {name: X-A, value: '2'}]}",
        "{set: [{name: Host, value: a.com}]}",
        "{add: [{name: Connection, value: close}]}",
    ] {
        assert_eq!(request(modifier), ["GL406"], "{modifier}");
    }
    for modifier in
        ["{set: [{name: x-a, value: '1'}], add: [{name: x-b, value: '1'}]}", "{remove: [connection, x-a]}"]
    {
        assert_eq!(request(modifier), [""; 0], "{modifier}");
    }
    let response = "filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: host, value: a}]}}], \
                    backendRefs: [{name: a, port: 80}]";
    assert_eq!(rule(response), [""; 0]);
}

#[test]
fn mirrors_to_where_requests_go() {
    let mirror = |to: &str, weight: u32| {
        rule(&format!(
            "filters: [{{type: RequestMirror, requestMirror: {{backendRef: {{name: {to}, port: 80}}}}}}], \
             backendRefs: [{{name: a, port: 80, weight: {weight}}}, {{name: b, port: 80, weight: 3}}]"
        ))
    };
    assert_eq!(mirror("a", 1), ["GL411"]);
    assert_eq!(mirror("a", 0), [""; 0]);
}

#[test]
fn weights_that_look_like_percent() {
    let weights = |a: u32, b: u32| {
        rule(&format!(
            "backendRefs: [{{name: a, port: 80, weight: {a}}}, {{name: b, port: 80, weight: {b}}}]"
        ))
    };
    assert_eq!(weights(90, 15), ["GL307"]);
    for (a, b) in [(90, 10), (1, 1), (9, 1), (1000, 1)] {
        assert_eq!(weights(a, b), [""; 0], "{a} {b}");
    }
}

#[test]
fn the_port_of_the_pods() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: infra}\n\
                   spec: {ports: [{port: 80, targetPort: 8080}, {port: 9090}]}\n---\n";
    let to = |port: u16| {
        let spec = format!(
            "{{parentRefs: [{{name: edge}}], rules: [{{backendRefs: [{{name: web, port: {port}}}]}}]}}"
        );
        open(&(gateway(HTTP) + service + &route("HTTPRoute", "infra", "r", &spec)))
    };
    assert_eq!(codes(&to(8080)), ["GL308"]);
    assert_eq!(to(8080).findings[0].help.as_deref(), Some("write port: 80"));
    assert_eq!(codes(&to(8081)), ["GL301"]);
    assert_eq!(codes(&to(80)), [""; 0]);
}

#[test]
fn listeners_and_grants_that_are_wide_open() {
    let listener = |rest: &str| {
        let yaml = gateway(&format!("{{name: http, port: 80, protocol: HTTP{rest}}}"));
        codes(&open(&yaml)).into_iter().filter(|code| *code == "GL109").count()
    };
    assert_eq!(listener(", allowedRoutes: {namespaces: {from: All}}"), 1);
    assert_eq!(listener(", hostname: a.com, allowedRoutes: {namespaces: {from: All}}"), 0);
    assert_eq!(listener(", allowedRoutes: {namespaces: {from: Same}}"), 0);
    let grant = |name: &str| {
        let to = format!("{{group: '', kind: Service{name}}}");
        let from = "{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}";
        let found = open(&route("ReferenceGrant", "a", "g", &format!("{{from: [{from}], to: [{to}]}}")));
        codes(&found).into_iter().filter(|code| *code == "GL305").count()
    };
    assert_eq!(grant(""), 1);
    assert_eq!(grant(", name: x"), 0);
}

fn limits(rules: &str) -> Vec<&'static str> {
    let policy = format!(
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {{name: p, namespace: infra}}\nspec:\n  \
         targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: edge}}]\n  \
         rateLimit: {{type: Global, global: {{rules: [{rules}]}}}}\n---\n"
    );
    codes(&open(&(gateway(HTTP) + &policy))).into_iter().filter(|code| *code == "GL804").collect()
}

#[test]
fn limits_that_count_nothing() {
    let (minute, second) = ("limit: {requests: 9, unit: Minute}", "limit: {requests: 1, unit: Second}");
    let rule = |selectors: &str, limit: &str| format!("{{clientSelectors: [{selectors}], {limit}}}");
    let (free, paid) =
        ("{headers: [{name: x-tier, value: free}]}", "{headers: [{name: X-Tier, value: paid}]}");
    assert_eq!(limits(&rule(&format!("{free}, {paid}"), minute)), ["GL804"]);
    let get = "{methods: [{value: GET}]}";
    assert_eq!(limits(&rule(&format!("{get}, {{methods: [{{value: POST}}]}}"), minute)), ["GL804"]);
    let both = format!("{}, {}", rule(free, minute), rule(free, &minute.replace('9', "5")));
    assert_eq!(limits(&both), ["GL804"]);
    for fine in [
        format!("{}, {}", rule(free, minute), rule(paid, minute)),
        format!("{}, {}", rule(free, minute), rule(free, second)),
        rule(&format!("{free}, {get}"), minute),
        rule("{headers: [{name: x-tier, value: free}, {name: x-tier, value: paid, invert: true}]}", minute),
    ] {
        assert_eq!(limits(&fine), [""; 0], "{fine}");
    }
}
