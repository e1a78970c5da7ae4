use gateline::model::ObjectName;
use gateline_api::objects::{CORE, GATEWAY};
use gateline_api::{Object, Objects, resolve};
use serde_json::{Value, json};

use super::data_plane::{DataPlane, Settings};
use super::reach::Reach;
use crate::address::GatewayAddress;
use crate::bundle::Bundles;

fn settings() -> Settings {
    Settings {
        image: "example.com/gateline:1".into(),
        pull_policy: None,
        controller: "gateline.dev/controller".into(),
        replicas: None,
    }
}

fn object(api: &str, kind: &str, name: &str, rest: &Value) -> Object {
    let mut value = json!({
        "apiVersion": api, "kind": kind,
        "metadata": { "namespace": "infra", "name": name, "uid": "1234" },
    });
    for (key, part) in rest.as_object().into_iter().flatten() {
        value[key] = part.clone();
    }
    Object::from_cluster(value).unwrap()
}

fn class() -> Object {
    let spec = json!({ "spec": { "controllerName": "gateline.dev/controller" } });
    object("gateway.networking.k8s.io/v1", "GatewayClass", "gateline", &spec)
}

fn world(gateway: &str, spec: &Value, others: Vec<Object>) -> Objects {
    let mut spec = spec.clone();
    spec["gatewayClassName"] = "gateline".into();
    let gateway = object("gateway.networking.k8s.io/v1", "Gateway", gateway, &json!({ "spec": spec }));
    let mut objects = Objects::default();
    for object in others.into_iter().chain([class(), gateway]) {
        objects.insert(object);
    }
    objects
}

/// The objects for the one Gateway there is, by kind; and how it is reached.
fn provision(objects: &Objects) -> (Vec<Value>, Reach) {
    let settings = settings();
    let gateway = objects.of_kind(GATEWAY, "Gateway").next().unwrap();
    let resolution = resolve(objects, &crate::resolve_options("gateline.dev/controller"));
    let plane = DataPlane::of(gateway, objects, &resolution, &settings, &mut Bundles::default()).unwrap();
    (plane.objects(), Reach::of(&plane, objects))
}

fn find<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap()
}

fn http(ports: &[u16]) -> Value {
    let listener = |port: &u16| json!({ "name": format!("http-{port}"), "port": port, "protocol": "HTTP" });
    json!({ "listeners": ports.iter().map(listener).collect::<Vec<_>>() })
}

#[test]
fn a_gateway_becomes_an_account_with_a_secret_of_its_own_a_deployment_and_a_service() {
    let (objects, _) = provision(&world("shop", &http(&[80, 8080]), vec![]));
    let kinds: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        ["ServiceAccount", "Secret", "Role", "RoleBinding", "Deployment", "PodDisruptionBudget", "Service"]
    );
    for object in &objects {
        assert_eq!(object["metadata"]["name"], "shop-gateline");
        assert_eq!(object["metadata"]["namespace"], "infra");
        assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], "1234");
        assert_eq!(object["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"], "shop");
    }
    let service = &find(&objects, "Service")["spec"];
    assert_eq!(service["type"], "LoadBalancer");
    let ports = json!([
        { "name": "tcp-80", "protocol": "TCP", "port": 80, "targetPort": 64592 },
        { "name": "tcp-8080", "protocol": "TCP", "port": 8080, "targetPort": 8080 },
    ]);
    assert_eq!(service["ports"], ports);
    let deployment = &find(&objects, "Deployment")["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    for (key, value) in deployment["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&labels[key], value);
        assert_eq!(&service["selector"][key], value);
    }
    assert_eq!(deployment["replicas"], Value::Null);
    let container = &deployment["template"]["spec"]["containers"][0];
    assert_eq!(container["args"][3], "infra/shop");
    assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
    assert_eq!(find(&objects, "Role")["rules"][0]["resourceNames"], json!(["shop-gateline"]));
}

#[test]
fn listeners_do_not_restart_pods() {
    let deployment = |ports: &[u16]| {
        let (objects, _) = provision(&world("shop", &http(ports), vec![]));
        find(&objects, "Deployment").clone()
    };
    assert_eq!(deployment(&[80]), deployment(&[80, 443, 9000]));
}

#[test]
fn datagrams_and_connections_share_a_port() {
    let spec = json!({ "listeners": [
        { "name": "dns", "port": 53, "protocol": "UDP" },
        { "name": "dns-tcp", "port": 53, "protocol": "TCP" },
    ] });
    let (objects, _) = provision(&world("dns", &spec, vec![]));
    let ports = find(&objects, "Service")["spec"]["ports"].as_array().unwrap();
    let names: Vec<_> = ports.iter().map(|port| port["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tcp-53", "udp-53"]);
}

#[test]
fn infrastructure_is_on_everything_but_never_instead_of_our_labels() {
    let mut spec = http(&[80]);
    spec["infrastructure"] = json!({
        "labels": { "team": "shop", "app.kubernetes.io/managed-by": "somebody" },
        "annotations": { "example.com/note": "yes" },
    });
    let (objects, _) = provision(&world("shop", &spec, vec![]));
    let template = &find(&objects, "Deployment")["spec"]["template"];
    for object in objects.iter().chain([template]) {
        assert_eq!(object["metadata"]["labels"]["team"], "shop");
        assert_eq!(object["metadata"]["labels"]["app.kubernetes.io/managed-by"], "gateline");
        assert_eq!(object["metadata"]["annotations"]["example.com/note"], "yes");
    }
}

#[test]
fn an_envoy_proxy_says_how_many_of_what() {
    let kubernetes = json!({
        "envoyDeployment": {
            "replicas": 3,
            "pod": { "annotations": { "a": "b" }, "nodeSelector": { "disk": "ssd" } },
            "container": { "image": "envoyproxy/envoy:v1", "resources": { "limits": { "memory": "1Gi" } } },
        },
        "envoyService": { "type": "ClusterIP", "annotations": { "c": "d" } },
    });
    let proxy = json!({ "spec": { "provider": { "type": "Kubernetes", "kubernetes": kubernetes } } });
    let proxy = object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", "big", &proxy);
    let mut spec = http(&[80]);
    let reference = json!({ "group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "big" });
    spec["infrastructure"] = json!({ "parametersRef": reference });
    let service = json!({ "spec": { "type": "ClusterIP", "clusterIPs": ["10.96.0.9"] } });
    let service = object("v1", "Service", "shop-gateline", &service);
    let (objects, reach) = provision(&world("shop", &spec, vec![proxy, service]));
    let deployment = &find(&objects, "Deployment")["spec"];
    assert_eq!(deployment["replicas"], 3);
    assert_eq!(deployment["template"]["metadata"]["annotations"]["a"], "b");
    assert_eq!(deployment["template"]["spec"]["nodeSelector"]["disk"], "ssd");
    let container = &deployment["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"]["limits"]["memory"], "1Gi");
    assert_eq!(container["image"], "example.com/gateline:1", "never Envoy's");
    assert_eq!(find(&objects, "Service")["spec"]["type"], "ClusterIP");
    assert_eq!(find(&objects, "Service")["metadata"]["annotations"]["c"], "d");
    assert_eq!(reach.addresses, [GatewayAddress::ip("10.96.0.9")]);
}

#[test]
fn a_gateway_is_programmed_when_it_has_an_address_and_a_pod() {
    let service = |ingress: Value| {
        let rest = json!({ "spec": { "type": "LoadBalancer" }, "status": { "loadBalancer": { "ingress": ingress } } });
        object("v1", "Service", "shop-gateline", &rest)
    };
    let pods = |ready: u32| {
        object("apps/v1", "Deployment", "shop-gateline", &json!({ "status": { "availableReplicas": ready } }))
    };
    let reason = |others: Vec<Object>| {
        provision(&world("shop", &http(&[80]), others)).1.fault.map(|(reason, _)| reason)
    };
    let given = || service(json!([{ "ip": "10.0.0.1" }]));
    assert_eq!(reason(vec![]), Some("AddressNotAssigned"));
    assert_eq!(reason(vec![service(json!([])), pods(1)]), Some("AddressNotAssigned"));
    assert_eq!(reason(vec![given(), pods(0)]), Some("Pending"));
    assert_eq!(reason(vec![given(), pods(1)]), None);
}

#[test]
fn an_address_that_is_asked_for_is_the_only_one_that_counts() {
    let mut spec = http(&[80]);
    spec["addresses"] = json!([{ "type": "IPAddress", "value": "10.0.0.7" }]);
    let reach = |ip: &str| {
        let rest = json!({
            "spec": { "type": "LoadBalancer" },
            "status": { "loadBalancer": { "ingress": [{ "ip": ip }, { "ip": "10.0.0.8" }] } },
        });
        let others = vec![
            object("v1", "Service", "shop-gateline", &rest),
            object(
                "apps/v1",
                "Deployment",
                "shop-gateline",
                &json!({ "status": { "availableReplicas": 1 } }),
            ),
        ];
        let objects = world("shop", &spec, others);
        assert!(objects.get(CORE, "Service", &ObjectName::new("infra", "shop-gateline")).is_some());
        let (made, reach) = provision(&objects);
        assert_eq!(find(&made, "Service")["spec"]["loadBalancerIP"], "10.0.0.7");
        reach
    };
    assert_eq!(reach("10.0.0.9").fault.unwrap().0, "AddressNotUsable");
    assert_eq!(reach("10.0.0.9").addresses, []);
    assert_eq!(reach("10.0.0.7").fault, None);
    assert_eq!(reach("10.0.0.7").addresses, [GatewayAddress::ip("10.0.0.7")]);
}

#[test]
fn an_address_may_be_asked_for_inside_the_cluster_alone() {
    let service = |kind: &str| {
        let rest = json!({
            "spec": { "type": kind, "clusterIPs": ["10.96.0.9"] },
            "status": { "loadBalancer": { "ingress": [{ "ip": "10.0.0.8" }] } },
        });
        object("v1", "Service", "shop-gateline", &rest)
    };
    let pods =
        || object("apps/v1", "Deployment", "shop-gateline", &json!({ "status": { "availableReplicas": 1 } }));
    let asks = |addresses: Value, kind: &str| {
        let mut spec = http(&[80]);
        spec["addresses"] = addresses;
        let (made, reach) = provision(&world("shop", &spec, vec![service(kind), pods()]));
        (find(&made, "Service")["spec"].clone(), reach)
    };
    let inside = GatewayAddress { in_cluster: true, ..GatewayAddress::ip("10.96.0.9") };

    let (made, reach) = asks(json!([{ "routability": "Cluster" }]), "ClusterIP");
    assert_eq!((&made["type"], &made["clusterIP"]), (&json!("ClusterIP"), &Value::Null));
    assert_eq!((&reach.addresses[..], &reach.fault), (&[inside.clone()][..], &None));
    assert_eq!(
        inside.value(),
        json!({ "type": "IPAddress", "value": "10.96.0.9", "routability": "Cluster" })
    );

    let (made, reach) = asks(json!([{ "value": "10.96.0.7", "routability": "Cluster" }]), "ClusterIP");
    assert_eq!(made["clusterIP"], "10.96.0.7");
    assert_eq!(reach.fault.unwrap().0, "AddressNotUsable");

    let (made, reach) = asks(json!([{}, { "routability": "Cluster" }]), "LoadBalancer");
    assert_eq!(made["type"], "LoadBalancer");
    assert_eq!(reach.addresses, [GatewayAddress::ip("10.0.0.8"), inside]);
}

#[test]
fn the_longest_name_of_a_gateway_still_names_a_service() {
    let (objects, _) = provision(&world(&"a".repeat(253), &http(&[80]), vec![]));
    for object in &objects {
        assert!(object["metadata"]["name"].as_str().unwrap().len() <= 63);
        assert!(
            object["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"].as_str().unwrap().len()
                <= 63
        );
    }
}

#[test]
fn evictions_are_bounded_by_a_budget() {
    let budget = |parameters: &Value| {
        let proxy = object(
            "gateway.envoyproxy.io/v1alpha1",
            "EnvoyProxy",
            "p",
            &json!({ "spec": { "provider": { "type": "Kubernetes", "kubernetes": { "envoyPDB": parameters } } } }),
        );
        let mut spec = http(&[80]);
        let reference = json!({ "group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "p" });
        spec["infrastructure"] = json!({ "parametersRef": reference });
        let (objects, _) = provision(&world("shop", &spec, vec![proxy]));
        let mut spec = find(&objects, "PodDisruptionBudget")["spec"].clone();
        assert_eq!(spec["selector"], find(&objects, "Deployment")["spec"]["selector"]);
        spec["selector"].take();
        spec
    };
    assert_eq!(budget(&json!({})), json!({ "selector": null, "maxUnavailable": 1 }));
    assert_eq!(budget(&json!({ "minAvailable": 2 })), json!({ "selector": null, "minAvailable": 2 }));
    assert_eq!(
        budget(&json!({ "maxUnavailable": "25%" })),
        json!({ "selector": null, "maxUnavailable": "25%" })
    );
}
