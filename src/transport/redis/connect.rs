//! Makes the two connections of an app: names to addresses, sockets, greeting, and the choice
//! between RESP3 and RESP2. One attempt; who tries again, and when, is the caller's affair.

use super::{
    burst::Burst,
    commands::Commands,
    errors::Trouble,
    events::Events,
    greeting::greet,
    stream::{Meter, Metered, Socket, Traffic},
};
use crate::config::{Endpoint, Protocol, RedisSettings};
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    net::{TcpSocket, UnixStream, lookup_host},
    task::yield_now,
    time::timeout,
};

/// One of the two connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one for commands.
    Commands,
    /// The one for events.
    Events,
}

/// What a connection tells without being asked.
#[derive(Debug)]
pub enum Notice {
    /// What the connection for events has brought.
    Burst(Burst),
    /// A connection has ended.
    Closed(Which),
}

/// Whom a connection tells; must not block.
pub type Notify = Arc<dyn Fn(Notice) + Send + Sync>;

/// Both connections.
pub struct Connected {
    /// For commands.
    pub commands: Commands,
    /// For events.
    pub events: Events,
}

/// Makes both connections, within the settings' `connect_timeout`. Of what is stored or published nothing
/// is kept that has more than `longest` bytes.
pub async fn connect(
    settings: &RedisSettings,
    longest: usize,
    traffic: &Arc<Traffic>,
    notify: &Notify,
) -> Result<Connected, Trouble> {
    let attempt = Attempt::new(settings, traffic, notify);
    attempt.bounded(attempt.both(longest)).await
}

/// Makes a connection for commands alone, within the same time and for values of the same size.
pub async fn connect_commands(
    settings: &RedisSettings,
    longest: usize,
    traffic: &Arc<Traffic>,
    notify: &Notify,
) -> Result<Commands, Trouble> {
    let attempt = Attempt::new(settings, traffic, notify);
    attempt.bounded(attempt.one(longest)).await
}

/// Where a server listens, for messages.
pub fn place(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Endpoint::Tcp { host, port } => format!("{host}:{port}"),
        Endpoint::Unix { path } => path.display().to_string(),
    }
}

struct Attempt<'a> {
    settings: &'a RedisSettings,
    traffic: &'a Arc<Traffic>,
    notify: &'a Notify,
    limit: Duration,
}

impl<'a> Attempt<'a> {
    fn new(settings: &'a RedisSettings, traffic: &'a Arc<Traffic>, notify: &'a Notify) -> Self {
        let limit = settings.connect_timeout.unwrap_or(settings.health_interval);
        Self { settings, traffic, notify, limit }
    }

    async fn bounded<T>(&self, making: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        let limit = self.limit;
        timeout(limit, making)
            .await
            .unwrap_or_else(|_| Err(Trouble::passing(format!("no answer within {limit:?}"))))
            .map_err(|trouble| trouble.without_secrets(self.settings))
    }

    async fn both(&self, longest: usize) -> Result<Connected, Trouble> {
        let addresses = self.addresses().await?;
        let commands = self.commands(&addresses, longest).await?;
        let events = self.events(&addresses, longest).await?;
        Ok(Connected { commands, events })
    }

    async fn one(&self, longest: usize) -> Result<Commands, Trouble> {
        self.commands(&self.addresses().await?, longest).await
    }

    async fn commands(&self, addresses: &[SocketAddr], longest: usize) -> Result<Commands, Trouble> {
        let (stream, meter) = self.greeted(addresses).await?;
        Ok(Commands::open(stream, meter, Arc::clone(self.notify), longest))
    }

    async fn events(&self, addresses: &[SocketAddr], longest: usize) -> Result<Events, Trouble> {
        let notify = || Arc::clone(self.notify);
        if self.settings.protocol != Some(Protocol::Resp2) {
            let (stream, meter) = self.greeted(addresses).await?;
            match Events::open_resp3(stream, meter, notify(), longest).await? {
                Some(events) => return Ok(events),
                None if self.settings.protocol == Some(Protocol::Resp3) => {
                    return Err(Trouble {
                        lasting: Some(crate::model::Status::Server),
                        message: "the server has no RESP3, which the URL asks for with protocol=3".to_owned(),
                    });
                }
                None => {}
            }
        }
        let (stream, meter) = self.greeted(addresses).await?;
        Ok(Events::open_resp2(stream, meter, notify(), longest))
    }

    async fn greeted(&self, addresses: &[SocketAddr]) -> Result<(Metered, Arc<Meter>), Trouble> {
        let socket = self.dial(addresses).await.map_err(|error| Trouble::passing(error.to_string()))?;
        self.traffic.connects.fetch_add(1, Relaxed);
        let meter = Meter::new(self.traffic);
        let mut stream = Metered::new(socket, Arc::clone(&meter));
        greet(&mut stream, self.settings).await?;
        Ok((stream, meter))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, Trouble> {
        let Endpoint::Tcp { host, port } = &self.settings.endpoint else { return Ok(Vec::new()) };
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![(address, *port).into()]);
        }
        // Names are looked up on a helper thread of the runtime, which ends by itself.
        let found = lookup_host((host.as_str(), *port)).await;
        Ok(found.map_err(|error| Trouble::passing(error.to_string()))?.collect())
    }

    async fn dial(&self, addresses: &[SocketAddr]) -> io::Result<Socket> {
        if let Endpoint::Unix { path } = &self.settings.endpoint {
            return UnixStream::connect(path).await.map(Socket::Unix);
        }
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
        // An address that swallows packets must not use up the time of the next one.
        let share = self.limit / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
        for address in addresses {
            match timeout(share, self.dial_tcp(*address)).await {
                Ok(Ok(socket)) => return Ok(socket),
                Ok(Err(error)) => failure = error,
                Err(_) => failure = io::Error::new(io::ErrorKind::TimedOut, "no answer to the connection"),
            }
        }
        Err(failure)
    }

    async fn dial_tcp(&self, address: SocketAddr) -> io::Result<Socket> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // Requests are small and each is waited for.
        socket.set_nodelay(true)?;
        socket.set_keepalive(self.settings.keepalive)?;
        socket.connect(address).await.map(Socket::Tcp)
    }
}

/// Runs a connection's task to its end and tells of it.
pub(super) async fn closing(driver: impl Future<Output = ()>, which: Which, notify: Notify) {
    driver.await;
    // Those who have got their reply take it first.
    yield_now().await;
    notify(Notice::Closed(which));
}
