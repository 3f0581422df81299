//! Opens connections for the HTTP client: resolve, check every address, connect to one of those very addresses,
//! then TLS. Nothing is resolved a second time, so a name that changes its address in between gains nothing.
//!
//! It must not know requests or bodies.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower::Service;

use crate::egress::{Allowance, Guard};
use crate::failure::Failure;
use crate::resolver::{Resolver, addresses_of};
use crate::tls::LazyTls;

/// Of a name with many addresses, so many are tried.
const ADDRESSES_TRIED: usize = 4;

/// How long one address may take while others wait to be tried.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(3);

/// How long opening a connection may take at most. The call's own deadline is usually shorter; this one ends
/// connections that the client opened and no call waits for any more.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// What all connectors of a sender share.
pub(crate) struct Network {
    pub(crate) guard: Guard,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) tls: LazyTls,
}

/// Opens connections under one allowance. Each allowance has a client and thereby a connection pool of its own:
/// a connection opened for a call that may reach the server itself is never reused by one that may not.
#[derive(Clone)]
pub(crate) struct Connector {
    network: Arc<Network>,
    allowance: Allowance,
}

type Connection = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Connector {
    pub(crate) fn new(network: Arc<Network>, allowance: Allowance) -> Self {
        Self { network, allowance }
    }

    async fn open(self, uri: Uri) -> Result<Connection, Failure> {
        let host = uri.host().ok_or(Failure::InvalidUrl("it has no host"))?;
        let https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let addresses = self.checked_addresses(host, port).await?;
        let tcp = self.connect(&addresses).await?;
        if !https {
            return Ok(MaybeHttpsStream::Http(TokioIo::new(tcp)));
        }
        let name = server_name(host)?;
        let connector = TlsConnector::from(self.network.tls.config().await?);
        let stream = connector.connect(name, TokioIo::new(TokioIo::new(tcp))).await;
        stream.map(MaybeHttpsStream::from).map_err(|error| Failure::Tls(error.to_string()))
    }

    /// All addresses of the host. One refused address refuses the name: a name with a public and a private address
    /// is how a guard is walked around.
    async fn checked_addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let dns = |reason: String| Failure::Dns { host: host.to_owned(), reason };
        let found = addresses_of(self.network.resolver.as_ref(), host).await.map_err(|error| dns(error.to_string()))?;
        if found.is_empty() {
            return Err(dns("it has no address".to_owned()));
        }
        let addresses: Vec<SocketAddr> = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        for address in &addresses {
            self.network.guard.check(self.allowance, *address)?;
        }
        Ok(addresses)
    }

    async fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
        let mut failure = Failure::Protocol("no address was tried".to_owned());
        let tried = addresses.len().min(ADDRESSES_TRIED);
        for (index, address) in addresses.iter().take(tried).enumerate() {
            let limit = if index + 1 == tried { CONNECTION_TIMEOUT } else { ADDRESS_TIMEOUT };
            let reason = match timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return self.settle(tcp, *address),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("nothing answered for {} s", limit.as_secs()),
            };
            failure = Failure::Connect { address: *address, reason };
        }
        Err(failure)
    }

    fn settle(&self, tcp: TcpStream, address: SocketAddr) -> Result<TcpStream, Failure> {
        let failed = |error: std::io::Error| Failure::Connect { address, reason: error.to_string() };
        let local = tcp.local_addr().map_err(failed)?;
        self.network.guard.check_connected(self.allowance, local, address)?;
        tcp.set_nodelay(true).map_err(failed)?;
        Ok(tcp)
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| Failure::InvalidUrl("its host cannot stand in a certificate"))
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let opened = timeout(CONNECTION_TIMEOUT, connector.open(uri)).await;
            opened.unwrap_or_else(|_| {
                Err(Failure::Timeout { timeout_ms: 1000 * CONNECTION_TIMEOUT.as_secs(), status: None })
            })
        })
    }
}
