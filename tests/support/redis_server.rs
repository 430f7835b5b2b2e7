//! A redis-server of the test's own, on a free port or a unix socket, killed when it is dropped.

use super::eventually;
use std::{
    collections::HashMap,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A running server.
pub struct RedisServer {
    child: Child,
    port: u16,
    directory: PathBuf,
    arguments: Vec<String>,
    password: Option<String>,
}

impl RedisServer {
    /// A server without persistence.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same, with these command line arguments as well, such as `["--databases", "4"]`.
    pub fn with(arguments: &[&str]) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("celery-result-redis-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let password = arguments
            .iter()
            .position(|argument| argument == "--requirepass")
            .map(|index| arguments[index + 1].clone());
        let port = free_port();
        let child = launch(port, &directory, &arguments);
        let server = Self { child, port, directory, arguments, password };
        server.wait_until_up();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its unix socket; every server has one.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("redis.sock")
    }

    /// A connection for the test itself.
    pub fn client(&self) -> redis::Connection {
        let password = self.password.as_ref().map_or_else(String::new, |password| format!(":{password}@"));
        redis::Client::open(format!("redis://{password}127.0.0.1:{}/", self.port))
            .unwrap()
            .get_connection()
            .unwrap()
    }

    /// Carries out one command, its words parted by blanks.
    pub fn run(&self, command: &str) -> redis::Value {
        let mut words = command.split(' ');
        let mut request = redis::cmd(words.next().unwrap());
        for word in words {
            request.arg(word);
        }
        request.query(&mut self.client()).unwrap()
    }

    /// How often each command was carried out since the last `CONFIG RESETSTAT`.
    pub fn commands(&self) -> HashMap<String, usize> {
        let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut self.client()).unwrap();
        let line = |line: &str| {
            let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            Some((name.to_owned(), figures.split(',').next()?.parse().ok()?))
        };
        stats.lines().filter_map(line).collect()
    }

    /// How often one was.
    pub fn asked(&self, command: &str) -> usize {
        self.commands().remove(command).unwrap_or(0)
    }

    /// How often the value of one key or of several was read.
    pub fn reads(&self) -> usize {
        let commands = self.commands();
        ["get", "getrange", "mget"].iter().filter_map(|command| commands.get(*command)).sum()
    }

    /// The ids of connections whose line in `CLIENT LIST` contains `text`.
    pub fn connections(&self, text: &str) -> Vec<String> {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut self.client()).unwrap();
        list.lines()
            .filter(|line| line.contains(text))
            .map(|line| line["id=".len()..line.find(' ').unwrap()].to_owned())
            .collect()
    }

    /// Hangs up on these connections.
    pub fn kill_connections(&self, text: &str) -> usize {
        let ids = self.connections(text);
        for id in &ids {
            let killed: redis::RedisResult<i64> =
                redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).query(&mut self.client());
            killed.unwrap();
        }
        ids.len()
    }

    /// Stops it as a crash does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, empty, on the same port.
    pub fn restart(&mut self) {
        self.kill();
        self.child = launch(self.port, &self.directory, &self.arguments);
        self.wait_until_up();
    }

    /// Freezes the process: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        // The shell's own, since a small system has no program of that name.
        let status =
            Command::new("sh").arg("-c").arg(format!("kill {signal} {}", self.pid())).status().unwrap();
        assert!(status.success());
    }

    fn wait_until_up(&self) {
        let address = format!("redis://127.0.0.1:{}/", self.port);
        eventually("redis-server accepts connections", || {
            let client = redis::Client::open(address.as_str()).unwrap();
            let Ok(mut connection) = client.get_connection() else { return false };
            match redis::cmd("PING").query::<redis::Value>(&mut connection) {
                Ok(_) => true,
                Err(error) => error.code() == Some("NOAUTH"),
            }
        });
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A port that nobody listens on at this moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn launch(port: u16, directory: &Path, arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .arg("--unixsocket")
        .arg(directory.join("redis.sock"))
        .arg("--dir")
        .arg(directory)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server must be installed (Debian: apt-get install redis-server)")
}
