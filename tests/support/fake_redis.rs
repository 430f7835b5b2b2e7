//! A scripted Redis in plain threads. It carries out the few commands that a result backend sends,
//! records them in the order in which they arrive, and does at each of them what the test's
//! script says: answer something else, wait, cut the reply off, hang up.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A command as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which connection, from 0.
    pub connection: usize,
    /// The name in capitals.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<Vec<u8>>,
}

impl Call {
    /// An argument as text.
    pub fn text(&self, index: usize) -> String {
        String::from_utf8_lossy(&self.arguments[index]).into_owned()
    }
}

/// What to do with a command.
pub enum Action {
    /// What Redis does.
    Obey,
    /// Answer this instead, a complete reply: `-LOADING …\r\n`.
    Answer(Vec<u8>),
    /// Wait, then obey.
    Delay(Duration),
    /// Obey, and send the reply in so many parts with this pause between them.
    Trickle(usize, Duration),
    /// Obey, send so many bytes of the reply, and hang up.
    Cut(usize),
    /// Hang up before carrying it out.
    HangUp,
    /// Never answer, and let the connection be.
    Ignore,
}

/// An error reply.
pub fn error(text: &str) -> Action {
    Action::Answer(format!("-{text}\r\n").into_bytes())
}

type Script = dyn Fn(&Call) -> Action + Send + Sync;

/// A running fake.
pub struct FakeRedis {
    port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    script: Arc<Script>,
    calls: Vec<Call>,
    values: HashMap<Vec<u8>, Vec<u8>>,
    subscribers: HashMap<Vec<u8>, Vec<usize>>,
    connections: Vec<Peer>,
    stopped: bool,
}

struct Peer {
    stream: TcpStream,
    resp3: bool,
    channels: usize,
    queued: Option<Vec<Call>>,
}

impl FakeRedis {
    /// One that obeys.
    pub fn start() -> Self {
        Self::scripted(|_| Action::Obey)
    }

    /// One that asks `script` about each command.
    pub fn scripted(script: impl Fn(&Call) -> Action + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            script: Arc::new(script),
            calls: Vec::new(),
            values: HashMap::new(),
            subscribers: HashMap::new(),
            connections: Vec::new(),
            stopped: false,
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut state = lock(&shared);
                if state.stopped {
                    return;
                }
                // Replies are small writes; none may wait for the acknowledgement of another.
                stream.set_nodelay(true).unwrap();
                let number = state.connections.len();
                let writer = stream.try_clone().unwrap();
                state.connections.push(Peer { stream: writer, resp3: false, channels: 0, queued: None });
                drop(state);
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(number, stream, &shared));
            }
        });
        Self { port, state }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Replaces the script.
    pub fn script(&self, script: impl Fn(&Call) -> Action + Send + Sync + 'static) {
        lock(&self.state).script = Arc::new(script);
    }

    /// Everything that has arrived, in order.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.state).calls.clone()
    }

    /// Sets a key without telling anyone.
    pub fn set(&self, key: &str, value: &[u8]) {
        lock(&self.state).values.insert(key.into(), value.into());
    }

    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        lock(&self.state).values.get(key.as_bytes()).cloned()
    }

    /// Tells the subscribers of a channel.
    pub fn publish(&self, channel: &str, payload: &[u8]) {
        lock(&self.state).publish(channel.as_bytes(), payload);
    }

    /// Hangs up on everyone.
    pub fn hang_up(&self) {
        for peer in &lock(&self.state).connections {
            let _ = peer.stream.shutdown(Shutdown::Both);
        }
    }

    /// How many connections were accepted in all.
    pub fn accepted(&self) -> usize {
        lock(&self.state).connections.len()
    }
}

impl Drop for FakeRedis {
    fn drop(&mut self) {
        lock(&self.state).stopped = true;
        self.hang_up();
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(connection: usize, stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((name, arguments)) = read_command(&mut reader) {
        let call = Call { connection, name, arguments };
        let script = {
            let mut state = lock(state);
            state.calls.push(call.clone());
            Arc::clone(&state.script)
        };
        let reply = match script(&call) {
            Action::Obey => lock(state).obey(&call),
            Action::Answer(reply) => reply,
            Action::Delay(time) => {
                std::thread::sleep(time);
                lock(state).obey(&call)
            }
            Action::Trickle(parts, pause) => {
                let reply = lock(state).obey(&call);
                for part in reply.chunks(reply.len().div_ceil(parts)) {
                    std::thread::sleep(pause);
                    let _ = (&stream).write_all(part);
                }
                continue;
            }
            Action::Cut(count) => {
                let reply = lock(state).obey(&call);
                let _ = (&stream).write_all(&reply[..count.min(reply.len())]);
                break;
            }
            Action::HangUp => break,
            Action::Ignore => continue,
        };
        // Under the lock, so that what is published meanwhile does not land inside the reply.
        let _guard = lock(state);
        if (&stream).write_all(&reply).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
    lock(state).forget(connection);
}

fn read_command(reader: &mut impl BufRead) -> Option<(String, Vec<Vec<u8>>)> {
    let count = read_header(reader, b'*')?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let mut word = vec![0; read_header(reader, b'$')? + 2];
        reader.read_exact(&mut word).ok()?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    let name = String::from_utf8_lossy(&words.remove(0)).to_uppercase();
    Some((name, words))
}

fn read_header(reader: &mut impl BufRead, kind: u8) -> Option<usize> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok()?;
    assert!(line.is_empty() || line[0] == kind, "not a command: {line:?}");
    std::str::from_utf8(line.get(1..)?).ok()?.trim().parse().ok()
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn number(number: usize) -> Vec<u8> {
    format!(":{number}\r\n").into_bytes()
}

fn list(mark: char, items: &[Vec<u8>]) -> Vec<u8> {
    [format!("{mark}{}\r\n", items.len()).into_bytes(), items.concat()].concat()
}

impl State {
    fn obey(&mut self, call: &Call) -> Vec<u8> {
        let subscribed = self.is_subscriber(call.connection);
        let peer = &mut self.connections[call.connection];
        if let Some(queued) = &mut peer.queued
            && call.name != "EXEC"
        {
            queued.push(call.clone());
            return b"+QUEUED\r\n".to_vec();
        }
        let key = call.arguments.first().cloned().unwrap_or_default();
        match call.name.as_str() {
            "HELLO" => {
                peer.resp3 = call.text(0) == "3";
                // A map counts pairs.
                [b"%1\r\n".to_vec(), bulk(b"proto"), number(3)].concat()
            }
            "AUTH" | "SELECT" | "CLIENT" => b"+OK\r\n".to_vec(),
            "PING" if !peer.resp3 && subscribed => list('*', &[bulk(b"pong"), bulk(b"")]),
            "PING" => b"+PONG\r\n".to_vec(),
            "SUBSCRIBE" | "UNSUBSCRIBE" => self.subscribe(call),
            "GET" => self.value(&key),
            "GETRANGE" => {
                let last: usize = call.text(2).parse().unwrap();
                let value = self.values.get(&key).cloned().unwrap_or_default();
                bulk(&value[..value.len().min(last.saturating_add(1))])
            }
            "MGET" => {
                let values: Vec<_> = call.arguments.iter().map(|key| self.value(key)).collect();
                list('*', &values)
            }
            "EXISTS" => number(usize::from(self.values.contains_key(&key))),
            "DEL" => number(usize::from(self.values.remove(&key).is_some())),
            "SET" | "SETEX" => {
                self.values.insert(key, call.arguments.last().cloned().unwrap());
                b"+OK\r\n".to_vec()
            }
            "PUBLISH" => number(self.publish(&key, &call.arguments[1])),
            "MULTI" => {
                peer.queued = Some(Vec::new());
                b"+OK\r\n".to_vec()
            }
            "EXEC" => {
                let Some(queued) = peer.queued.take() else {
                    return b"-ERR EXEC without MULTI\r\n".to_vec();
                };
                let replies: Vec<_> = queued.iter().map(|call| self.obey(call)).collect();
                list('*', &replies)
            }
            other => format!("-ERR unknown command '{other}'\r\n").into_bytes(),
        }
    }

    fn value(&self, key: &[u8]) -> Vec<u8> {
        self.values.get(key).map_or_else(|| b"$-1\r\n".to_vec(), |value| bulk(value))
    }

    fn is_subscriber(&self, connection: usize) -> bool {
        self.connections[connection].channels > 0
    }

    fn subscribe(&mut self, call: &Call) -> Vec<u8> {
        let mark = if self.connections[call.connection].resp3 { '>' } else { '*' };
        let mut replies = Vec::new();
        for channel in &call.arguments {
            let subscribers = self.subscribers.entry(channel.clone()).or_default();
            let channels = &mut self.connections[call.connection].channels;
            let before = subscribers.len();
            subscribers.retain(|subscriber| *subscriber != call.connection);
            *channels -= before - subscribers.len();
            if call.name == "SUBSCRIBE" {
                subscribers.push(call.connection);
                *channels += 1;
            }
            let kind = call.name.to_lowercase();
            replies.extend(list(mark, &[bulk(kind.as_bytes()), bulk(channel), number(*channels)]));
        }
        replies
    }

    fn publish(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        let subscribers = self.subscribers.get(channel).cloned().unwrap_or_default();
        for &subscriber in &subscribers {
            let peer = &self.connections[subscriber];
            let mark = if peer.resp3 { '>' } else { '*' };
            let message = list(mark, &[bulk(b"message"), bulk(channel), bulk(payload)]);
            let _ = (&peer.stream).write_all(&message);
        }
        subscribers.len()
    }

    fn forget(&mut self, connection: usize) {
        for subscribers in self.subscribers.values_mut() {
            subscribers.retain(|subscriber| *subscriber != connection);
        }
    }
}
