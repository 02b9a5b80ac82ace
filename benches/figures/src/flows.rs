//! Complete logins of the application against the provider on loopback that asks nobody
//! (`interop/providers/stub.mjs`), driven by `flows.mjs`: how much CPU one takes, and how much memory
//! 64 of them at once do.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::Figure;

pub(crate) fn figures(flows: usize) -> Vec<Figure> {
    let port = free_port().to_string();
    let stub = Server::start(node("stub.mjs").args(["--port", &port]));
    let app = Server::start(Command::new(this_program()).args(["app", &stub.says]));
    let row = |what, measured, goal, unit| Figure { what, measured, goal, unit };
    let mut figures = vec![
        row(
            "a login by OpenID Connect, CPU of the application",
            app.cpu("openid", flows, 8),
            0.35,
            "ms",
        ),
        row(
            "a login by OAuth 1.0 and a profile, the same",
            app.cpu("classic", flows, 8),
            0.4,
            "ms",
        ),
    ];
    drop(app);

    let app = Server::start(Command::new(this_program()).args(["app", &stub.says]));
    app.cpu("openid", flows / 2, 64);
    app.cpu("classic", flows / 2, 64);
    figures.push(row("most memory, 64 logins at once", app.peak_memory(), 20.0, "MB"));
    figures
}

/// A process that says its address when it is ready; stopped when dropped.
struct Server {
    child: Child,
    says: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut says = String::new();
        BufReader::new(stdout).read_line(&mut says).expect("a line");
        assert!(says.starts_with("http://127.0.0.1:"), "expected an address, got {says:?}");
        Server { child, says: says.trim().to_owned() }
    }

    /// The CPU milliseconds, user's and system's, of a login by this client: so many are made, in
    /// rounds, and the round counts that took least.
    fn cpu(&self, client: &str, flows: usize, at_once: usize) -> f64 {
        let output = node("flows.mjs")
            .args(["--app", &self.says, "--start", &format!("/login/{client}")])
            .args(["--n", &flows.to_string(), "--rounds", "10", "--warm", "200"])
            .args(["--c", &at_once.to_string()])
            .args(["--expect", "Signed in as alice", "--pid", &self.child.id().to_string()])
            .stderr(Stdio::inherit())
            .output()
            .expect("node is installed");
        let said = String::from_utf8_lossy(&output.stdout);
        eprintln!("{client}: {}", said.trim());
        let said: Value = serde_json::from_str(&said).expect("JSON of flows.mjs");
        assert_eq!(said["good"], flows, "every login ends well");
        said["cpu_ms_per_flow"][0].as_f64().expect("a number")
    }

    /// The most memory that was resident at any time, in megabytes.
    fn peak_memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024.0 / 1e6
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(format!("{}/../../interop/providers/{script}", env!("CARGO_MANIFEST_DIR")));
    command
}

fn this_program() -> std::path::PathBuf {
    std::env::current_exe().expect("a path")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
