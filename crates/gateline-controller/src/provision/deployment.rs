use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::data_plane::{DataPlane, over};
use super::labels;
use super::ports::ADMIN_PORT;

/// Of the process; nobody else has it.
const USER: u32 = 65_532;
/// When a pod goes, in seconds: it serves on until no node sends anything to it any more, …
const LINGER: u32 = 5;
/// … then connections may end, …
const DRAIN: u32 = 50;
/// … all within this time.
const GRACE: u32 = 60;

/// Where a pod keeps what it serves, for when its container starts anew while the API server is away.
const CACHE: &str = "/var/cache/gateline";

/// The Deployment. Nothing in it depends on the listeners, so that no change of them restarts a pod.
pub(super) fn deployment(plane: &DataPlane<'_>) -> Value {
    let parameters = &plane.parameters;
    let selector = labels::selector(&plane.gateway.name.name);
    let mut deployment = plane.object(
        "apps/v1",
        "Deployment",
        &BTreeMap::new(),
        &parameters.pairs("envoyDeployment/annotations"),
    );
    let mut spec = json!({
        "selector": { "matchLabels": selector },
        "strategy": { "rollingUpdate": { "maxUnavailable": 0, "maxSurge": 1 }, "type": "RollingUpdate" },
        "template": {
            "metadata": {
                "labels": over(&parameters.pairs("envoyDeployment/pod/labels"), &plane.labels),
                "annotations": over(&parameters.pairs("envoyDeployment/pod/annotations"), &plane.annotations),
            },
            "spec": pod(plane),
        },
    });
    // Without a number here, a HorizontalPodAutoscaler can have its way.
    let replicas = parameters.get("envoyDeployment/replicas").cloned();
    if let Some(replicas) = replicas.or(plane.settings.replicas.map(Value::from)) {
        spec["replicas"] = replicas;
    }
    deployment["spec"] = spec;
    deployment
}

fn pod(plane: &DataPlane<'_>) -> Value {
    let mut pod = json!({
        "serviceAccountName": plane.name,
        "terminationGracePeriodSeconds": GRACE,
        "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
        "containers": [container(plane)],
        // In memory: Secrets are in it.
        "volumes": [{ "name": "cache", "emptyDir": { "medium": "Memory", "sizeLimit": "128Mi" } }],
    });
    for (field, path) in [
        ("affinity", "envoyDeployment/pod/affinity"),
        ("imagePullSecrets", "envoyDeployment/pod/imagePullSecrets"),
        ("nodeSelector", "envoyDeployment/pod/nodeSelector"),
        ("priorityClassName", "envoyDeployment/pod/priorityClassName"),
        ("tolerations", "envoyDeployment/pod/tolerations"),
        ("topologySpreadConstraints", "envoyDeployment/pod/topologySpreadConstraints"),
    ] {
        if let Some(value) = plane.parameters.get(path) {
            pod[field] = value.clone();
        }
    }
    pod
}

fn container(plane: &DataPlane<'_>) -> Value {
    let settings = plane.settings;
    let mut container = json!({
        "name": "gateline",
        "image": settings.image,
        "args": [
            "serve", "--kubernetes",
            "--gateway", plane.gateway.name.to_string(),
            "--controller-name", settings.controller,
            "--secrets", plane.name,
            "--cache", format!("{CACHE}/objects.json"),
            "--admin", format!("[::]:{ADMIN_PORT}"),
            "--linger", LINGER.to_string(),
            "--drain", DRAIN.to_string(),
        ],
        "ports": [{ "name": "admin", "containerPort": ADMIN_PORT, "protocol": "TCP" }],
        "readinessProbe": {
            "httpGet": { "path": "/ready", "port": "admin" },
            "periodSeconds": 5,
        },
        "volumeMounts": [{ "name": "cache", "mountPath": CACHE }],
        "resources": { "requests": { "cpu": "100m", "memory": "64Mi" } },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] },
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "runAsUser": USER,
            "runAsGroup": USER,
        },
    });
    if let Some(policy) = &settings.pull_policy {
        container["imagePullPolicy"] = policy.as_str().into();
    }
    for field in ["env", "resources"] {
        if let Some(value) = plane.parameters.get(&format!("envoyDeployment/container/{field}")) {
            container[field] = value.clone();
        }
    }
    container
}
