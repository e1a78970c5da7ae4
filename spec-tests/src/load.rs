use std::fs;
use std::path::{Path, PathBuf};

use crate::file::{Case, File};

/// Why a file of cases cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not YAML, a key that does not exist, a value of another type.
    #[error("{name}.yaml: {source}")]
    Shape {
        /// The file.
        name: String,
        /// What, with line and column.
        source: Box<serde_saphyr::Error>,
    },
    /// A case that contradicts itself.
    #[error("{name}.yaml: {case:?}: {problem}")]
    Case {
        /// The file.
        name: String,
        /// The case.
        case: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// All files of cases, by name.
pub fn files() -> Result<Vec<File>, LoadError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut paths = Vec::new();
    walk(&root, &mut paths)?;
    paths.sort();
    let read = |path: &PathBuf| {
        let text =
            fs::read_to_string(path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
        let name = path.strip_prefix(&root).unwrap_or(path).with_extension("");
        file(&name.to_string_lossy(), &text)
    };
    paths.iter().map(read).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let failed = |source| LoadError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Reads the text of one file of cases. Keys that do not exist are errors: a typo must not make a case weaker.
pub fn file(name: &str, text: &str) -> Result<File, LoadError> {
    let shape = |source| LoadError::Shape { name: name.to_owned(), source: Box::new(source) };
    let mut file: File = serde_saphyr::from_str(text).map_err(shape)?;
    name.clone_into(&mut file.name);
    for (index, case) in file.requests.iter().enumerate() {
        let twice = file.requests.iter().take(index).any(|other| other.name == case.name);
        let problem = if twice { Some("another case has this name") } else { contradiction(case) };
        if let Some(problem) = problem {
            return Err(LoadError::Case { name: name.to_owned(), case: case.name.clone(), problem });
        }
    }
    Ok(file)
}

fn contradiction(case: &Case) -> Option<&'static str> {
    let expect = &case.expect;
    let forwarded = expect.backend.is_some() || expect.split.is_some() || expect.upstream.is_some();
    let invalid_only = expect.split.as_ref().is_some_and(|split| split.values().all(|&weight| weight == 0));
    let asked = |server: &String| expect.asked.iter().any(|asked| asked.server == *server);
    match expect {
        _ if expect.route.is_some() != expect.rule.is_some() => Some("route and rule belong together"),
        _ if expect.route.is_none() && (expect.matched.is_some() || forwarded) => Some("a route is missing"),
        _ if expect.route.is_none() && expect.status.is_none() && !expect.closed => {
            Some("neither a route nor a status")
        }
        _ if expect.closed && expect.status.is_some() => Some("a connection has no status"),
        _ if expect.closed && forwarded => Some("what is closed reaches no backend"),
        _ if expect.location.is_some() && expect.status.is_none() => Some("a location without a status"),
        _ if expect.status.is_some() && forwarded => Some("an answer of the gateway reaches no backend"),
        _ if expect.backend.is_some() && expect.split.is_some() => {
            Some("backend and split exclude each other")
        }
        _ if invalid_only => Some("a split of nothing"),
        _ if case.request.auth.keys().any(|server| !asked(server)) => {
            Some("an answer of a server that is not asked")
        }
        _ => None,
    }
}
