//! The listening side: connections in, requests to the pipeline, a clean end.
//!
//! HTTP/1.1 by hyper, one task a connection. The timers here are real time: they are about sockets. Must not know routes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::limits::HEAD_LIMIT_BYTES;
use crate::metrics::Gauge;
use crate::wiring::Web;

/// How long a closing connection waits for the client to have read the answer.
const LINGER: Duration = Duration::from_secs(1);

/// How much a closing connection reads and throws away meanwhile.
const LINGER_BYTES: usize = 4 * 1024 * 1024;

impl Web {
    /// Serves until `shutdown` ends: then stops accepting, lets running requests finish within the grace, and returns.
    /// Opens readiness at the start and closes it at the end.
    ///
    /// # Errors
    /// None at present; accept errors are logged and survived.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let (stop, stopped) = watch::channel(false);
        // Every connection holds a receiver: when the last is gone, `stop.closed()` resolves.
        let builder = Arc::new(self.http());
        let mut shutdown = std::pin::pin!(shutdown);
        self.inner.readiness.set(true);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Answers are small: waiting to fill a packet only delays them.
                    drop(stream.set_nodelay(true));
                    let (web, builder, stopped) = (self.clone(), Arc::clone(&builder), stopped.clone());
                    tokio::spawn(async move { web.connection(stream, &builder, stopped).await });
                }
                Err(error) => survive(&error).await,
            }
        }
        self.inner.readiness.set(false);
        self.inner.stopping.send_replace(true);
        drop(listener);
        drop(stopped);
        // No receiver left means no connection left; that is then no error.
        stop.send_replace(true);
        if tokio::time::timeout(self.inner.shutdown_grace, stop.closed()).await.is_err() {
            tracing::warn!("some requests did not finish in time and are cut off");
        }
        let web = self.clone();
        // What was answered last is written too; a writer that panicked has said so itself.
        drop(tokio::task::spawn_blocking(move || web.log().flush()).await);
        Ok(())
    }

    fn http(&self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.inner.head_timeout)
            .max_header_size(HEAD_LIMIT_BYTES)
            // Where a head that never ends is given up; also the read buffer of bodies, hence the room above.
            .max_buf_size(2 * HEAD_LIMIT_BYTES)
            .keep_alive(true)
            .half_close(false);
        builder
    }

    /// Serves one connection, plain or TLS, until either side ends it.
    async fn connection<S>(&self, stream: S, builder: &http1::Builder, mut stopped: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let metrics = &self.inner.metrics;
        let _open = Gauge::enter(&metrics.connections);
        metrics.accepted.fetch_add(1, Ordering::Relaxed);
        let web = self.clone();
        let service = service_fn(move |request| {
            let web = web.clone();
            async move { web.handle(request).await }
        });
        let mut connection = builder.serve_connection(TokioIo::new(stream), service);
        let mut stopping = false;
        let ended = loop {
            let ended = tokio::select! {
                biased;
                ended = &mut connection => Some(ended),
                _ = stopped.wait_for(|stop| *stop), if !stopping => None,
            };
            match ended {
                Some(ended) => break ended,
                None => stopping = true,
            }
            Pin::new(&mut connection).graceful_shutdown();
        };
        let parts = connection.into_parts();
        let began = !parts.read_buf.is_empty();
        let stream = parts.io.into_inner();
        match ended {
            Ok(()) => close(stream, None).await,
            // Nothing read: an idle connection, which is simply closed.
            Err(error) if error.is_timeout() => close(stream, began.then(|| self.too_slow())).await,
            // hyper has answered 400, 414 or 431 itself.
            Err(error) if error.is_parse() => close(stream, None).await,
            // The client is gone, or a fault wants an abrupt end.
            Err(_) => {}
        }
    }
}

impl Web {
    /// What a client gets that began a request and did not finish its head in time; hyper would say nothing.
    fn too_slow(&self) -> String {
        let id = self.inner.ids.next();
        format!("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\nx-request-id: {id}\r\n\r\n")
    }
}

/// Closes without losing the last answer: a socket that is closed while the client still sends is reset, and the client
/// may never see what was answered. So: stop writing, and for a while read what still comes.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, last_words: Option<String>) {
    let linger = async {
        if let Some(words) = last_words {
            stream.write_all(words.as_bytes()).await?;
        }
        // hyper has done so already unless it gave up; a second time is refused and does no harm.
        drop(stream.shutdown().await);
        let mut sink = [0; 4096];
        let mut thrown_away = 0;
        while thrown_away < LINGER_BYTES {
            match stream.read(&mut sink).await? {
                0 => break,
                read => thrown_away += read,
            }
        }
        Ok::<(), io::Error>(())
    };
    // Neither a client that is gone nor one that never stops is our trouble now.
    drop(tokio::time::timeout(LINGER, linger).await);
}

/// Accepting failed: for one connection that is nothing, for want of descriptors it passes.
async fn survive(error: &io::Error) {
    let of_one_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !of_one_connection {
        tracing::error!(%error, "no connection can be accepted; trying again");
        #[expect(clippy::disallowed_methods, reason = "an accept loop out of descriptors must not spin")]
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
