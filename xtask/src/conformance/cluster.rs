use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::options::Channel;
use super::programs::Programs;
use crate::failure::Failure;

/// Not 6443: a listener of the suite has that port.
const API_SERVER: &str = "10.244.0.1:16443";
const BRIDGE: &str = "pods";
const NODE: &str = "10.244.0.1";
const PODS: &str = "10.244.0.0/16";
const BALANCERS: &str = "10.245.0.0/24";
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

/// An address that a Gateway can ask for: it is in the half of the balancers' that is given only when asked for.
pub(crate) const USABLE_ADDRESS: &str = "10.245.0.200";
/// One that nobody can give: it is for documents only.
pub(crate) const UNUSABLE_ADDRESS: &str = "192.0.2.1";

/// Etcd, the API server, controllers and a node, all in the network namespace of this process. They end with it.
pub(crate) struct Cluster<'a> {
    programs: &'a Programs,
    folder: PathBuf,
    running: Vec<(String, Child)>,
}

impl<'a> Cluster<'a> {
    /// `folder` is emptied.
    pub(crate) fn new(programs: &'a Programs, folder: PathBuf) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
        if folder.is_dir() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        for part in ["certificates", "logs", "pods"] {
            fs::create_dir_all(folder.join(part)).map_err(failed)?;
        }
        Ok(Self { programs, folder, running: Vec::new() })
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        Self::kubeconfig_in(&self.folder)
    }

    pub(crate) fn kubeconfig_in(folder: &Path) -> PathBuf {
        folder.join("certificates/admin.kubeconfig")
    }

    /// The logs of the programs; those of pods are in a folder for each of their images' programs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Brings up the network and what runs in it. `gateline` is the program of the image of that repository.
    pub(crate) fn start(&mut self, image: &str, gateline: &Path) -> Result<(), Failure> {
        // A load balancer's address leads to the bridge, so that what is sent there has the bridge's own as its source.
        for line in [
            "link set lo up".to_owned(),
            format!("link add {BRIDGE} type bridge"),
            format!("address add {NODE}/16 dev {BRIDGE}"),
            format!("link set {BRIDGE} up"),
            format!("route add {BALANCERS} dev {BRIDGE} src {NODE}"),
        ] {
            quiet(Command::new("ip").args(line.split_whitespace()))?;
        }
        let certificates = self.folder.join("certificates");
        quiet(Command::new(self.programs.path("certificates")).arg(&certificates).arg(API_SERVER))?;
        self.start_etcd()?;
        self.start_api_server(&certificates)?;
        self.wait_for_api_server()?;
        let kubeconfig = self.kubeconfig();
        self.spawn("controllers", |command| {
            command
                .arg("--kubeconfig")
                .arg(&kubeconfig)
                .arg("--root-ca-file")
                .arg(certificates.join("ca.crt"))
        })?;
        let (pods, logs) = (self.folder.join("pods"), self.logs());
        let echo = self.programs.path("echo-basic");
        self.spawn("node", |command| {
            command.arg("--kubeconfig").arg(&kubeconfig).args(["--bridge", BRIDGE, "--address", NODE]);
            command.args(["--pods", PODS, "--balancers", BALANCERS, "--api-server", API_SERVER]);
            command.arg("--root").arg(pods).arg("--logs").arg(logs);
            for (repository, program) in
                [("registry.k8s.io/gateway-api/conformance/echo-basic", echo.as_path()), (image, gateline)]
            {
                command.arg("--image").arg(format!("{repository}={}", program.display()));
            }
            command
        })
    }

    fn start_etcd(&mut self) -> Result<(), Failure> {
        let data = self.folder.join("etcd");
        let (clients, peers) = ("http://127.0.0.1:2379", "http://127.0.0.1:2380");
        self.spawn("etcd", |command| {
            command.arg("--data-dir").arg(data).args(["--unsafe-no-fsync", "--log-level", "warn"]);
            command.args(["--listen-client-urls", clients, "--advertise-client-urls", clients]);
            command.args(["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]);
            command.args(["--initial-cluster", &format!("default={peers}")])
        })
    }

    fn start_api_server(&mut self, certificates: &Path) -> Result<(), Failure> {
        let (host, port) = API_SERVER.split_once(':').unwrap_or_default();
        self.spawn("kube-apiserver", |command| {
            command.args(["--etcd-servers=http://127.0.0.1:2379", "--authorization-mode=RBAC"]);
            command.args(["--bind-address", host, "--secure-port", port, "--endpoint-reconciler-type=none"]);
            command.args(["--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true"]);
            command.args(["--service-account-issuer=https://kubernetes.default.svc", "--event-ttl=10m"]);
            command.args([
                "--kubelet-preferred-address-types=InternalIP",
                "--enable-priority-and-fairness=false",
            ]);
            for (option, file) in [
                ("--tls-cert-file", "apiserver.crt"),
                ("--tls-private-key-file", "apiserver.key"),
                ("--client-ca-file", "ca.crt"),
                ("--service-account-key-file", "accounts.key"),
                ("--service-account-signing-key-file", "accounts.key"),
                ("--kubelet-client-certificate", "kubelet-client.crt"),
                ("--kubelet-client-key", "kubelet-client.key"),
            ] {
                command.arg(option).arg(certificates.join(file));
            }
            command
        })
    }

    fn wait_for_api_server(&mut self) -> Result<(), Failure> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            self.check()?;
            if TcpStream::connect(API_SERVER).is_ok()
                && quiet(self.kubectl(&["get", "--raw", "/readyz"]).stdout(Stdio::null())).is_ok()
            {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Err(Failure::with_output("the API server does not become ready", self.last_lines("kube-apiserver")))
    }

    /// The Gateway API's own CRDs.
    pub(crate) fn install_crds(&self, channel: Channel) -> Result<(), Failure> {
        quiet(self.kubectl(&["apply", "--server-side", "--filename"]).arg(self.programs.crds(channel)))?;
        quiet(&mut self.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]))
    }

    /// The chart, as its users install it.
    pub(crate) fn install_chart(&self, chart: &Path) -> Result<(), Failure> {
        let mut helm = Command::new(self.programs.path("helm"));
        helm.args(["install", "gateline"]).arg(chart).arg("--kubeconfig").arg(self.kubeconfig());
        helm.args(["--namespace", "gateline-system", "--create-namespace", "--wait", "--timeout", "60s"]);
        quiet(&mut helm)
    }

    pub(crate) fn kubectl(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.programs.path("kubectl"));
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(args).stdin(Stdio::null());
        command
    }

    /// An error if one of the programs has ended.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        let mut ended = None;
        for (name, child) in &mut self.running {
            if let Ok(Some(status)) = child.try_wait() {
                ended = Some((name.clone(), status));
            }
        }
        match ended {
            Some((name, status)) => {
                Err(Failure::with_output(format!("{name} ended: {status}"), self.last_lines(&name)))
            }
            None => Ok(()),
        }
    }

    fn spawn(
        &mut self,
        name: &str,
        arguments: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("{name}: {error}"));
        let log = File::create(self.logs().join(format!("{name}.log"))).map_err(failed)?;
        let mut command = Command::new(self.programs.path(name));
        arguments(&mut command).stdin(Stdio::null()).stdout(log.try_clone().map_err(failed)?).stderr(log);
        self.running.push((name.to_owned(), command.spawn().map_err(failed)?));
        Ok(())
    }

    fn last_lines(&self, name: &str) -> String {
        let text = fs::read_to_string(self.logs().join(format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

/// Runs a command quietly; what it prints is told if it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<(), Failure> {
    output(command).map(|_| ())
}

/// What a command prints to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Failure::new(format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::with_output(format!("{name}: {}", output.status), log))
}
