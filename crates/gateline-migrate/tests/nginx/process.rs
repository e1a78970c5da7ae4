//! An nginx of our own on free ports, and a client that sends paths as they are.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gateline::analysis::Witness;
use gateline_api::Objects;
use gateline_migrate::ImplementationSpecific;
use tempfile::TempDir;

use crate::conf;

/// A running nginx; it ends with this.
pub(crate) struct Nginx {
    child: Child,
    ports: conf::Ports,
    _folder: TempDir,
}

/// What became of a request, and the origin that may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) became: Became,
    pub(crate) origin: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// One of these backends got it with this path and query.
    Backend { one_of: Vec<String>, path: String },
    /// nginx answered by itself.
    Status { status: u16, location: Option<String> },
}

impl Nginx {
    pub(crate) fn start(objects: &Objects, specific: ImplementationSpecific) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let port = |index: usize| free[index].local_addr().unwrap().port();
        let ports = conf::Ports { http: port(0), https: port(1), echo: port(2) };
        let text = conf::of(objects, specific, &ports);
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, &text).unwrap();
        std::fs::write(folder.path().join("htpasswd"), "user:{PLAIN}password\n").unwrap();
        drop(free);
        let mut command = Command::new("nginx");
        command.args(["-p"]).arg(folder.path()).args(["-e", "stderr", "-c"]).arg(&file);
        let child =
            command.stdout(Stdio::null()).spawn().expect("nginx is installed by `cargo xtask test tools`");
        let mut nginx = Self { child, ports, _folder: folder };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", nginx.ports.http)).is_err() {
            let ended = nginx.child.try_wait().unwrap();
            assert!(ended.is_none() && begin.elapsed() < Duration::from_secs(20), "nginx refuses:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    pub(crate) fn ask(&self, witness: &Witness) -> Answer {
        let secure = witness.sni.is_some();
        let port = if secure { self.ports.https } else { self.ports.http };
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let query = witness.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut head = format!(
            "{} {}{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            witness.method, witness.path, witness.host
        );
        for (name, value) in &witness.headers {
            let _ = write!(head, "{name}: {}\r\n", value.to_str().unwrap());
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        let field = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
        };
        let asks = witness.headers.contains_key(http::header::ORIGIN);
        let origin = field("Access-Control-Allow-Origin:").filter(|_| asks);
        if let Some(backend) = field("X-Echo:") {
            let became = Became::Backend { one_of: vec![backend], path: body.trim_end().to_owned() };
            return Answer { became, origin };
        }
        // The port that stands for HTTPS speaks plain HTTP here.
        let plain = format!("http://{}/", witness.host);
        let location = field("Location:").map(|location| match location.strip_prefix(&plain) {
            Some(rest) if secure => format!("https://{}/{rest}", witness.host),
            _ => location,
        });
        Answer { became: Became::Status { status, location }, origin }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
