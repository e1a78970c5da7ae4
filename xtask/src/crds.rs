//! `cargo xtask crds`: the schemas of crates/gateline-api/crds and the examples its tests read, from Go modules.

use std::fs;
use std::path::{Path, PathBuf};

use gateline_api::parse::{Input, Limits, load};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::workspace::Workspace;

const GATEWAY_API: &str = "sigs.k8s.io/gateway-api@v1.7.0";
const ENVOY_GATEWAY: &str = "github.com/envoyproxy/gateway@v1.9.1";

/// Fields of an object that the schemas leave out: identity is checked elsewhere, and nobody writes a status.
const LEFT_OUT: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// Writes the schemas and the examples anew.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let api = workspace.root.join("crates/gateline-api");
    let crds = api.join("crds");
    let gateway = module(workspace, GATEWAY_API)?;
    let envoy = module(workspace, ENVOY_GATEWAY)?;

    let standard = definitions(&gateway.join("config/crd/standard"))?;
    for mut definition in definitions(&gateway.join("config/crd/experimental"))? {
        let kind = definition["spec"]["names"]["kind"].clone();
        let same = standard.iter().find(|standard| standard["spec"]["names"]["kind"] == kind);
        mark_experimental(&mut definition, same);
        write_schema(&crds, &definition)?;
    }
    for definition in definitions(&envoy.join("charts/gateway-crds-helm/templates/generated"))? {
        write_schema(&crds, &definition)?;
    }
    copy(&gateway.join("LICENSE"), &crds.join("LICENSE"))?;

    let tests = api.join("tests/gateway-api");
    copy(&gateway.join("LICENSE"), &tests.join("LICENSE"))?;
    copy_manifests(&gateway.join("hack/invalid-examples"), &tests.join("invalid"))?;
    copy_manifests(&gateway.join("examples"), &tests.join("valid"))
}

/// The folder of a module in the cache of Go.
pub(crate) fn module(workspace: &Workspace, module: &str) -> Result<PathBuf, Failure> {
    let go = workspace.command("go").args(["mod", "download", "-json", module]).env("GOTOOLCHAIN", "auto");
    let answer: Value =
        serde_json::from_str(&go.output()?).map_err(|error| failed(Path::new(module), &error))?;
    answer["Dir"].as_str().map(PathBuf::from).ok_or_else(|| Failure::new(format!("{module}: {answer}")))
}

/// The CRDs in the files of a folder. Some are wrapped in lines of a template.
fn definitions(folder: &Path) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    for path in manifests(folder)? {
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("{{")).collect();
        let name = path.to_string_lossy().into();
        let loaded = load(&[Input::Text { name, bytes: lines.join("\n").into_bytes() }], &Limits::default());
        if let Some(error) = loaded.errors.first() {
            return Err(Failure::new(error.to_string()));
        }
        let definitions = loaded.objects.of_kind("apiextensions.k8s.io", "CustomResourceDefinition");
        found.extend(definitions.map(|object| (*object.value).clone()));
    }
    Ok(found)
}

/// The files of a folder that are named after a group.
fn manifests(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    let name =
        |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    paths.retain(|path| name(path).starts_with("gateway.") && is_yaml(path));
    paths.sort();
    Ok(paths)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

/// Marks what the standard channel lacks: the whole definition, or single fields of the version that both have.
fn mark_experimental(definition: &mut Value, standard: Option<&Value>) {
    let Some(standard) = standard else {
        definition["experimental"] = true.into();
        return;
    };
    for version in definition["spec"]["versions"].as_array_mut().into_iter().flatten() {
        let versions = standard["spec"]["versions"].as_array().into_iter().flatten();
        if let Some(same) = versions.into_iter().find(|standard| standard["name"] == version["name"]) {
            mark_fields(&mut version["schema"]["openAPIV3Schema"], &same["schema"]["openAPIV3Schema"]);
        }
    }
}

fn mark_fields(schema: &mut Value, standard: &Value) {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        match standard["properties"].get(name) {
            Some(standard) => mark_fields(field, standard),
            None => field["x-experimental"] = true.into(),
        }
    }
    for part in ["items", "additionalProperties"] {
        if let (Some(schema), Some(standard)) = (schema.get_mut(part), standard.get(part)) {
            mark_fields(schema, standard);
        }
    }
}

/// One file a kind: a version with the schema of another one is written as the name of that one.
fn write_schema(folder: &Path, definition: &Value) -> Result<(), Failure> {
    let kind = definition["spec"]["names"]["kind"].as_str().unwrap_or_default();
    let mut versions: Map<String, Value> = Map::new();
    for version in definition["spec"]["versions"].as_array().into_iter().flatten() {
        let mut schema = stripped(&version["schema"]["openAPIV3Schema"]);
        for field in LEFT_OUT {
            schema["properties"].as_object_mut().and_then(|properties| properties.shift_remove(field));
        }
        let same = versions.iter().find(|(_, other)| **other == schema).map(|(name, _)| name.clone());
        versions
            .insert(version["name"].as_str().unwrap_or_default().into(), same.map_or(schema, Value::from));
    }
    let file = json!({
        "group": definition["spec"]["group"],
        "kind": kind,
        "experimental": definition["experimental"] == true,
        "versions": versions,
    });
    // One value a line, without indentation: small, and still fit for diffs.
    let mut bytes = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
    let path = folder.join(format!("{kind}.json"));
    file.serialize(&mut serializer).map_err(|error| failed(&path, &error))?;
    bytes.push(b'\n');
    write(&path, &bytes)
}

/// A schema without its prose. A property may be called `description`, but is no text then.
fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, value)| *key != "description" || !value.is_string());
            kept.map(|(key, value)| (key.clone(), stripped(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(list) => list.iter().map(stripped).collect(),
        scalar => scalar.clone(),
    }
}

fn copy_manifests(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(|error| failed(from, &error))?.filter_map(Result::ok) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_manifests(&path, &target)?;
        } else if is_yaml(&path) {
            copy(&path, &target)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    write(to, &fs::read(from).map_err(|error| failed(from, &error))?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, bytes)).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
