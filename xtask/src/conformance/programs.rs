use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::options::Channel;
use crate::crds;
use crate::failure::Failure;
use crate::workspace::Workspace;

const SOURCES: &str = "spec-tests/conformance";
/// Without a version the API server says one that clients cannot read.
const KUBERNETES: &str = "v1.37.2";
const GATEWAY_API: &str = "sigs.k8s.io/gateway-api";
/// The first with stable kinds, and with few of them.
const OLDER_GATEWAY_API: &str = "sigs.k8s.io/gateway-api@v1.0.0";

/// How many sets of programs stay: those of a few branches.
const KEPT: usize = 4;

/// Beside the folders of programs.
const LOCK: &str = "build.lock";

/// The folder of the programs that are built from Go modules, and of the CRDs.
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Where the programs are for the sources as they are now: in the user's cache, outside the checkout.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self, Failure> {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = cache.or_else(home).ok_or_else(|| Failure::new("HOME is not set"))?;
        Ok(Self {
            folder: cache.join("gateline/conformance").join(key(workspace, |path| !is_own_test(path))?),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    pub(crate) fn crds(&self, channel: Channel) -> PathBuf {
        self.folder.join("crds").join(channel.name())
    }

    /// Kinds and versions as they were in an older release.
    pub(crate) fn older_crds(&self) -> PathBuf {
        self.folder.join("crds/older")
    }

    /// The program of our own tests.
    pub(crate) fn own_tests(&self, workspace: &Workspace) -> Result<PathBuf, Failure> {
        Ok(self.folder.join(format!("cluster-tests-{}", key(workspace, is_own_test)?)))
    }

    /// Builds what is missing. From nothing it takes about 15 minutes of one core's time. Of several jobs that want it, of
    /// whatever checkout, one builds and the others wait for it.
    pub(crate) fn build(&self, workspace: &Workspace) -> Result<String, Failure> {
        let _lock = lock(&self.folder.with_file_name(LOCK))?;
        let own = self.own_tests(workspace)?;
        if !self.folder.is_dir() {
            self.build_all(workspace)?;
        } else if own.is_file() {
            return Ok(format!("  as built before in {}", self.folder.display()));
        }
        let unfinished = own.with_extension("unfinished");
        compile_tests(workspace, "./cluster", &unfinished)?;
        fs::rename(&unfinished, &own).map_err(|error| Failure::new(format!("{}: {error}", own.display())))?;
        Ok(format!("  built into {}", self.folder.display()))
    }

    fn build_all(&self, workspace: &Workspace) -> Result<(), Failure> {
        // It gets its name when all is there: a build that was interrupted is not taken for a whole one.
        let unfinished = self.folder.with_extension("unfinished");
        let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", unfinished.display()));
        fs::create_dir_all(&unfinished).map_err(failed)?;
        compile(workspace, &unfinished)?;
        copy_crds(workspace, &unfinished)?;
        fs::rename(&unfinished, &self.folder).map_err(failed)?;
        self.remove_older();
        Ok(())
    }

    /// Each is 350 MB. What cannot be removed now will be the next time.
    fn remove_older(&self) {
        let entries = self.folder.parent().and_then(|parent| fs::read_dir(parent).ok());
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        let mut folders: Vec<_> = paths.filter(|path| path.is_dir()).collect();
        folders
            .sort_by_key(|path| std::cmp::Reverse(path.metadata().and_then(|found| found.modified()).ok()));
        for folder in folders.iter().skip(KEPT) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Waits until nobody else has it. It ends with the file, or with the process.
fn lock(path: &Path) -> Result<File, Failure> {
    let locked = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let file = File::create(path)?;
        file.lock()?;
        Ok(file)
    };
    locked().map_err(|error: std::io::Error| Failure::new(format!("{}: {error}", path.display())))
}

/// Changes with every source and version: `go.mod` names the toolchain too.
fn key(workspace: &Workspace, counts: impl Fn(&str) -> bool) -> Result<String, Failure> {
    let mut hasher = DefaultHasher::new();
    KUBERNETES.hash(&mut hasher);
    let files = workspace.files()?;
    for path in files.iter().filter(|path| path.starts_with(SOURCES) && is_source(path) && counts(path)) {
        path.hash(&mut hasher);
        workspace.read(path)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// They change more often than the rest, which takes long to build.
fn is_own_test(path: &str) -> bool {
    path.strip_prefix(SOURCES).is_some_and(|rest| rest.starts_with("/cluster/"))
}

fn is_source(path: &str) -> bool {
    [".go", "/go.mod", "/go.sum"].iter().any(|end| path.ends_with(end))
}

fn compile(workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    let version = "k8s.io/component-base/version";
    let number = |at: usize| KUBERNETES.trim_start_matches('v').split('.').nth(at).unwrap_or_default();
    let flags = format!(
        "-s -w -X {version}.gitVersion={KUBERNETES} -X {version}.gitMajor={} -X {version}.gitMinor={} -X {version}.gitTreeState=clean",
        number(0),
        number(1)
    );
    let go = |module: &str, args: &[&str]| go(workspace, module, args);
    // Pods see nothing but their own folder: programs without C run there as they are.
    let output = format!("{}/", folder.display());
    let build = ["build", "-trimpath", "-ldflags", &flags, "-o", &output];
    go(
        "",
        &[&build[..], &["./certificates", "./controllers", "./latency", "./node", "cmd/test2json", "tool"]]
            .concat(),
    )?;
    go("/echo", &[&build[..], &["tool"]].concat())?;
    compile_tests(workspace, ".", &folder.join("suite"))?;
    // Go names a program after its folder.
    fs::rename(folder.join("server"), folder.join("etcd"))
        .map_err(|error| Failure::new(format!("etcd: {error}")))
}

fn compile_tests(workspace: &Workspace, package: &str, program: &Path) -> Result<(), Failure> {
    let output = program.display().to_string();
    go(workspace, "", &["test", "-c", "-vet=off", "-trimpath", "-ldflags", "-s -w", "-o", &output, package])
}

fn go(workspace: &Workspace, module: &str, args: &[&str]) -> Result<(), Failure> {
    let command = workspace.command("go").args(["-C", &format!("{SOURCES}{module}")]).args(args);
    command.env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "auto").env("GOWORK", "off").run()
}

/// The CRDs of the suite's own version, which it insists on.
fn copy_crds(workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    let go = workspace.command("go").args(["-C", SOURCES, "list", "-m", "-f", "{{.Dir}}", GATEWAY_API]);
    let module = PathBuf::from(go.env("GOTOOLCHAIN", "auto").env("GOWORK", "off").output()?.trim());
    let older = crds::module(workspace, OLDER_GATEWAY_API)?;
    let channels = Channel::ALL.map(|channel| (&module, channel.name(), channel.name()));
    for (module, channel, name) in channels.into_iter().chain([(&older, "standard", "older")]) {
        let (from, to) = (module.join("config/crd").join(channel), folder.join("crds").join(name));
        copy_manifests(&from, &to).map_err(|error| Failure::new(format!("{}: {error}", from.display())))?;
    }
    Ok(())
}

fn copy_manifests(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        // The rest is for other ways of applying them.
        if entry.file_name().to_string_lossy().starts_with("gateway.") {
            fs::write(to.join(entry.file_name()), fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_builds_has_others_wait() {
        let folder = std::env::temp_dir().join(format!("gateline-lock-{}", std::process::id()));
        let path = folder.join("programs").join(LOCK);
        let held = lock(&path).unwrap();
        assert!(File::open(&path).unwrap().try_lock().is_err());
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || lock(&path).is_ok()
        });
        drop(held);
        assert!(waiting.join().unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
