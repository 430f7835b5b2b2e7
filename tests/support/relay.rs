//! A way to a server that hands on its bytes as the test says: in small parts, or only so many of
//! them on one connection.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What becomes of the bytes that the server sends.
#[derive(Clone, Copy, Debug)]
pub enum Answers {
    /// Each write has so many.
    Parts(usize),
    /// Of the connection with this number, from 0, so many come; then it is hung up.
    Cut(usize, usize),
}

/// A running relay.
pub struct Relay {
    port: u16,
    stopped: Arc<AtomicBool>,
    cut: Arc<AtomicUsize>,
}

impl Relay {
    pub fn start(server: u16, answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stopped, cut) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (ended, cuts) = (Arc::clone(&stopped), Arc::clone(&cut));
        thread::spawn(move || {
            for (number, client) in listener.incoming().map_while(Result::ok).enumerate() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let there = TcpStream::connect(("127.0.0.1", server)).unwrap();
                for stream in [&client, &there] {
                    stream.set_nodelay(true).unwrap();
                }
                let (from, to) = (client.try_clone().unwrap(), there.try_clone().unwrap());
                thread::spawn(move || hand_on(from, to, usize::MAX, usize::MAX));
                let cuts = Arc::clone(&cuts);
                thread::spawn(move || match answers {
                    Answers::Cut(of, bytes) if of == number => {
                        if hand_on(there, client, usize::MAX, bytes) {
                            cuts.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Answers::Cut(..) => drop(hand_on(there, client, usize::MAX, usize::MAX)),
                    Answers::Parts(size) => drop(hand_on(there, client, size, usize::MAX)),
                });
            }
        });
        Self { port, stopped, cut }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it has cut a connection off, as it was told.
    pub fn has_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Until one side hangs up, or so many bytes have gone over, which it tells.
fn hand_on(mut from: TcpStream, mut to: TcpStream, part: usize, mut most: usize) -> bool {
    let mut buffer = [0; 16 * 1024];
    while most > 0
        && let Ok(count @ 1..) = from.read(&mut buffer)
    {
        let count = count.min(most);
        if most != usize::MAX {
            most -= count;
        }
        if buffer[..count].chunks(part).any(|part| to.write_all(part).is_err()) {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    most == 0
}
