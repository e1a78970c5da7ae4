use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gateline_migrate::{Accept, Converted};

use crate::error::CliError;

/// Writes each route with what goes with it to a file of its own, the rest to `gateway.yaml`; the names of the files.
pub(super) fn files(
    folder: &Path,
    converted: &Converted,
    accept: &[Accept],
) -> Result<Vec<String>, CliError> {
    let failed = |source| CliError::Write { path: folder.to_path_buf(), source };
    // A route of an earlier run might be open.
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::NotEmpty(folder.to_path_buf()));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut file = "gateway.yaml".to_owned();
    for manifest in &converted.manifests {
        if manifest.kind == "HTTPRoute" {
            file = format!("{}-{}.yaml", manifest.name.namespace, manifest.name.name);
        }
        texts.entry(file.clone()).or_default().push(manifest.yaml());
    }
    let accepted =
        accept.iter().fold(String::new(), |text, accept| text + "# accepted: " + &accept.to_string() + "\n");
    for (file, texts) in &texts {
        let path = folder.join(file);
        let text = format!("{accepted}{}\n", texts.join("\n---\n"));
        fs::write(&path, text).map_err(|source| CliError::Write { path, source })?;
    }
    Ok(texts.into_keys().collect())
}
