use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gateline_api::{Object, Objects};
use serde_json::Value;
use tokio::sync::watch;

/// Between two writes.
const PAUSE: Duration = Duration::from_secs(5);

/// The objects that were served last, in a file that only its owner can read: there are Secrets among them.
pub(super) struct Cache {
    newest: watch::Sender<Vec<Arc<Value>>>,
}

impl Cache {
    /// Needs a tokio runtime. What cannot be written is logged and no more.
    pub(super) fn new(file: PathBuf) -> Self {
        let (newest, mut changes) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let objects: Vec<Arc<Value>> = changes.borrow_and_update().clone();
                let path = file.clone();
                let written = tokio::task::spawn_blocking(move || write(&path, &objects)).await;
                if let Ok(Err(error)) = written {
                    tracing::warn!(file = %file.display(), %error, "the objects cannot be kept");
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { newest }
    }

    /// Writes these soon, or newer ones. Objects are shared, so this is cheap.
    pub(super) fn keep(&self, objects: &Objects) {
        self.newest.send_replace(objects.iter().map(|object| object.value.clone()).collect());
    }
}

/// What was kept. `None` if there is nothing that can be read.
pub(super) fn read(file: &Path) -> Option<Objects> {
    let values: Vec<Value> = serde_json::from_reader(BufReader::new(File::open(file).ok()?)).ok()?;
    let mut objects = Objects::default();
    for object in values.into_iter().filter_map(|value| Object::from_cluster(value).ok()) {
        objects.insert(object);
    }
    Some(objects).filter(|objects| !objects.is_empty())
}

/// The file is always a whole one: it is written under another name first.
fn write(file: &Path, objects: &[Arc<Value>]) -> io::Result<()> {
    let unfinished = file.with_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let mut new = BufWriter::new(new);
    serde_json::to_writer(&mut new, &objects.iter().map(|object| &**object).collect::<Vec<_>>())?;
    new.flush()?;
    fs::rename(&unfinished, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_is_not_for_others_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("objects.json");
        assert!(read(&file).is_none());
        let secret = |data: &str| {
            json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "namespace": "shop", "name": "tls" },
                "data": { "tls.key": data },
            })
        };
        for data in ["b25l", "dHdv"] {
            write(&file, &[Arc::new(secret(data))]).unwrap();
            let objects = read(&file).unwrap();
            assert_eq!(
                objects.iter().map(|object| (*object.value).clone()).collect::<Vec<_>>(),
                [secret(data)]
            );
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&file, "[{").unwrap();
        assert!(read(&file).is_none());
    }
}
