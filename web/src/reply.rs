//! The body of a reply as it goes to the socket: whole, streamed, or broken on purpose.
//!
//! Must not know why. A whole body keeps its length, so that no reply is chunked that need not be.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// A reply body.
pub enum ReplyBody {
    /// All of it.
    Whole(Option<Bytes>),
    /// What comes, when it comes.
    Streamed(Body),
    /// An event stream, which has no end of its own: it ends when the server stops.
    Events(Body, Pin<Box<dyn Future<Output = ()> + Send>>),
    /// The first part of a promised whole, then a broken connection.
    Broken(Broken),
}

/// What a broken reply does next.
#[derive(Debug)]
pub enum Broken {
    /// Sends what it has.
    Sends(Bytes),
    /// Lets that reach the socket: an error at once would throw away what was not written yet.
    Rests,
    /// Breaks off.
    Ends,
}

/// The connection is broken off on purpose, by a fault rule.
#[derive(Debug, thiserror::Error)]
#[error("broken off by a fault rule")]
pub struct BrokenOff;

impl ReplyBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole",
            Self::Streamed(_) => "Streamed",
            Self::Events(..) => "Events",
            Self::Broken(_) => "Broken",
        })
    }
}

impl HttpBody for ReplyBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streamed(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::Events(body, stopped) => match stopped.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => Pin::new(body).poll_frame(cx).map_err(Into::into),
            },
            Self::Broken(broken) => match std::mem::replace(broken, Broken::Rests) {
                Broken::Sends(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Broken::Rests => {
                    *broken = Broken::Ends;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Broken::Ends => Poll::Ready(Some(Err(BrokenOff.into()))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Streamed(body) => body.is_end_stream(),
            Self::Events(..) | Self::Broken(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |b| u64::try_from(b.len()).unwrap_or(u64::MAX)))
            }
            Self::Streamed(body) => body.size_hint(),
            Self::Events(..) | Self::Broken(_) => SizeHint::default(),
        }
    }
}

/// Takes a body that is there already, without waiting: none when it is a stream.
pub(crate) async fn take_whole(response: &mut Response) -> Option<Bytes> {
    response.body().size_hint().exact()?;
    let body = std::mem::take(response.body_mut());
    // A body of known length that fails while it is read would have been our own bug; it is then sent as empty.
    axum::body::to_bytes(body, usize::MAX).await.ok()
}
