use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::tool::wasm;
use crate::workspace::Workspace;

const SOURCES: &str = "bindings/web/playground";
/// Shared with the page of `gateline graph`.
const GRAPH: &str = "crates/gateline-cli/src/graph";
const PACKAGE: &str = "gateline-web";

/// A page that was built.
pub(crate) struct Playground {
    pub(crate) page: PathBuf,
    /// What it weighs, in words.
    pub(crate) weight: String,
}

/// Writes `target/playground/index.html`: the page with the engine and the examples in it.
pub(crate) fn build(workspace: &Workspace) -> Result<Playground, Failure> {
    let folder = workspace.target.join("playground");
    let parts = workspace.scratch().join("playground");
    let module = wasm::build(workspace, PACKAGE)?;
    let bindgen = workspace.command(wasm::bindgen(workspace)?).args([&module]);
    let bindgen =
        bindgen.args(["--target", "no-modules", "--no-typescript", "--out-name", "engine", "--out-dir"]);
    bindgen.args([&parts]).run()?;
    let (glue, module) = (text(&parts.join("engine.js"))?, bytes(&parts.join("engine_bg.wasm"))?);
    let packed = packed(&module).map_err(|error| Failure::new(format!("gzip: {error}")))?;
    let page = page(workspace, &glue, &packed)?;
    let path = folder.join("index.html");
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    fs::write(&path, &page).map_err(failed)?;
    let weight = format!(
        "WebAssembly {} KiB, compressed {} KiB, the page {} KiB",
        module.len() >> 10,
        packed.len() >> 10,
        page.len() >> 10
    );
    Ok(Playground { page: path, weight })
}

fn page(workspace: &Workspace, glue: &str, module: &[u8]) -> Result<String, Failure> {
    let joined = |files: &[(&str, &str)]| -> Result<String, Failure> {
        let texts = files.iter().map(|(folder, file)| workspace.read(&format!("{folder}/{file}")));
        Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
    };
    let style = joined(&[(GRAPH, "base.css"), (SOURCES, "style.css")])?;
    let script = joined(&[
        (GRAPH, "element.js"),
        (GRAPH, "verdicts.js"),
        (SOURCES, "editor.js"),
        (SOURCES, "share.js"),
        (SOURCES, "engine.js"),
        (SOURCES, "panels.js"),
        (SOURCES, "page.js"),
    ])?;
    let data = json!({ "wasm": STANDARD.encode(module), "gallery": gallery(workspace)? });
    let template = workspace.read(&format!("{SOURCES}/index.html"))?;
    // What holds the texts of examples comes last: nothing in it is taken for a place to fill.
    let parts = [
        ("{{style}}", style),
        ("{{glue}}", glue.to_owned()),
        ("{{script}}", script),
        ("{{data}}", data.to_string().replace('<', "\\u003c")),
    ];
    Ok(parts.iter().fold(template, |page, (place, part)| page.replacen(place, part, 1)))
}

/// The examples, with texts in place of paths.
fn gallery(workspace: &Workspace) -> Result<Value, Failure> {
    let list = workspace.read(&format!("{SOURCES}/gallery.json"))?;
    let mut list: Vec<Value> =
        serde_json::from_str(&list).map_err(|error| Failure::new(format!("gallery.json: {error}")))?;
    for example in &mut list {
        for side in ["manifests", "after"] {
            if let Some(path) = example.get(side).and_then(Value::as_str).map(str::to_owned) {
                example[side] = manifests(&workspace.root.join(path))?.into();
            }
        }
    }
    Ok(list.into())
}

/// A file, or all manifests of a folder as one.
fn manifests(path: &Path) -> Result<String, Failure> {
    if path.is_file() {
        return text(path);
    }
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let entries = fs::read_dir(path).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    let is_manifest = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".routetest.yaml")
    };
    files.retain(is_manifest);
    files.sort();
    let texts = files.iter().map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("# {name}\n{}", text(file)?.trim_end()))
    });
    Ok(texts.collect::<Result<Vec<_>, Failure>>()?.join("\n---\n") + "\n")
}

fn packed(module: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(module)?;
    encoder.finish()
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
