//! Limits on what a request may be: size of its body, time to arrive, depth of its JSON.
//!
//! Must not know routes or platforms; the limits are handed in and a refusal is a [`Problem`].

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::body::{Body, Frame};

use crate::problem::Problem;

/// Request bodies over this many bytes are refused unless a mount or one of its routes says otherwise.
pub const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// JSON nested deeper than this is refused.
pub const MAX_JSON_DEPTH: usize = 128;

/// Request heads over this many bytes are answered 431.
pub const HEAD_LIMIT_BYTES: usize = 32 * 1024;

/// What the body of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyRule {
    /// Largest size in bytes.
    pub limit_bytes: usize,
    /// Hand the body to the handler unread: it counts for itself, the time limit does not apply, nothing is logged.
    pub streamed: bool,
}

impl BodyRule {
    /// At most so many bytes, read before the handler runs.
    pub const fn at_most(limit_bytes: usize) -> Self {
        Self { limit_bytes, streamed: false }
    }

    /// Handed over unread.
    pub const STREAMED: Self = Self { limit_bytes: usize::MAX, streamed: true };
}

/// Reads a whole body within a size and a total time.
///
/// # Errors
/// 413 over the limit (by `Content-Length` before anything is read), 408 when `timeout` passes, 400 when the body breaks off.
pub(crate) async fn read_body<B>(
    mut body: B,
    headers: &HeaderMap,
    limit_bytes: usize,
    timeout: Duration,
) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > u64::try_from(limit_bytes).unwrap_or(u64::MAX)) {
        return Err(Problem::body_too_large(limit_bytes));
    }
    let whole = collect(Pin::new(&mut body), limit_bytes);
    match tokio::time::timeout(timeout, whole).await {
        Ok(read) => read,
        Err(_) => Err(Problem::timeout("The request body did not arrive in time.")),
    }
}

async fn collect<B: Body<Data = Bytes>>(mut body: Pin<&mut B>, limit_bytes: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut more: Option<BytesMut> = None;
    while let Some(frame) =
        std::future::poll_fn(|cx| -> Poll<Option<Result<Frame<Bytes>, B::Error>>> { body.as_mut().poll_frame(cx) })
            .await
    {
        let frame = frame.map_err(|_| Problem::bad_request("The request body broke off or is framed wrongly."))?;
        let Ok(data) = frame.into_data() else { continue };
        let size = more.as_ref().map_or(first.len(), BytesMut::len).saturating_add(data.len());
        if size > limit_bytes {
            return Err(Problem::body_too_large(limit_bytes));
        }
        match &mut more {
            Some(buffer) => buffer.extend_from_slice(&data),
            None if first.is_empty() => first = data,
            None => {
                let mut buffer = BytesMut::with_capacity(size.saturating_mul(2).min(limit_bytes));
                buffer.extend_from_slice(&first);
                buffer.extend_from_slice(&data);
                more = Some(buffer);
            }
        }
    }
    Ok(more.map_or(first, BytesMut::freeze))
}

/// Whether a body is JSON by its content type, or looks like it when none is given.
pub(crate) fn looks_like_json(headers: &HeaderMap, body: &[u8]) -> bool {
    match headers.get(CONTENT_TYPE) {
        Some(kind) => contains_ignoring_case(kind.as_bytes(), b"json"),
        None => body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'[')),
    }
}

fn contains_ignoring_case(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// Whether JSON text stays within [`MAX_JSON_DEPTH`]. Looks at brackets outside strings only; other faults of the text
/// are the parser's business.
pub fn is_within_depth(json: &[u8]) -> bool {
    // A text shorter than two brackets a level cannot nest too deep.
    if json.len() <= MAX_JSON_DEPTH {
        return true;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match (in_string, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (true, _) => {}
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > MAX_JSON_DEPTH {
                    return false;
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        let mut text = "[".repeat(depth);
        text.push_str(&"]".repeat(depth));
        text.into_bytes()
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        let quoted = format!("[\"{}\\\"{}\"]", "[".repeat(200), "[".repeat(200));
        let escaped = format!("[\"\\\\\",{}]", String::from_utf8(nested(128)).expect("ASCII"));
        let cases = [
            (nested(128), true),
            (nested(129), false),
            (quoted.into_bytes(), true),
            (escaped.into_bytes(), false),
            ("[]".repeat(500).into_bytes(), true),
            (format!("{}1{}", "{\"a\":".repeat(129), "}".repeat(129)).into_bytes(), false),
            (b"]]]]".repeat(100), true),
        ];
        for (text, expected) in cases {
            assert_eq!(is_within_depth(&text), expected, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn json_is_known_by_type_or_by_its_first_character() {
        let cases = [
            (Some("application/json"), "x", true),
            (Some("Application/Problem+JSON; charset=utf-8"), "x", true),
            (Some("text/plain"), "{}", false),
            (None, "  {}", true),
            (None, "[1]", true),
            (None, "a=1", false),
            (None, "", false),
        ];
        for (kind, body, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(kind) = kind {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            assert_eq!(looks_like_json(&headers, body.as_bytes()), expected, "{kind:?} {body}");
        }
    }
}
