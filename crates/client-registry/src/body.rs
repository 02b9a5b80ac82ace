//! Bodies of API calls, whole or chunk by chunk (RFC 9110 §6.4), in no stream library's words.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use protocol_core::{HttpError, HttpErrorKind};

/// A body on its way out or in.
///
/// One made of bytes can be sent again, after a redirect or a refreshed token; one made of
/// [`Chunks`] is read once, and holds no more of itself in memory than a chunk.
///
/// ```
/// use client_registry::Body;
/// use std::task::{Context, Poll};
///
/// let mut lines = ["one\n", "two\n"].into_iter();
/// let next = move |_: &mut Context<'_>| Poll::Ready(lines.next().map(|line| Ok(line.into())));
/// let body = Body::from_chunks(next).with_length(8);
///
/// assert!(body.try_clone().is_none());
/// assert!(Body::from("bytes").try_clone().is_some());
/// ```
#[derive(Default)]
pub struct Body(Content);

enum Content {
    Bytes(Bytes),
    Source {
        /// Never locked: it makes the body `Sync`, which most sources are not.
        source: Mutex<Box<dyn Chunks + Send>>,
        /// How many bytes are still to come, where that was said.
        left: Option<u64>,
    },
}

/// Where a body's bytes come from, a chunk at a time.
///
/// Closures of this shape are sources, so that most things that are polled are one line away:
///
/// ```
/// # use client_registry::Body;
/// # use std::task::Context;
/// # let (_sender, mut receiver) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
/// let body = Body::from_chunks(move |context: &mut Context<'_>| {
///     receiver.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(chunk.into())))
/// });
/// ```
pub trait Chunks {
    /// The next chunk; `None` at the end, after which it is not asked again, nor after an error.
    ///
    /// Where it is `Pending`, the waker in `context` is woken once there is more, as for a future.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>>;
}

impl<F> Chunks for F
where
    F: FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>>,
{
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>> {
        self(context)
    }
}

impl Body {
    /// No body.
    pub fn empty() -> Self {
        Body::default()
    }

    /// A body from a source of chunks. Unless its length is said ([`Body::with_length`]), it is
    /// sent without one (`Transfer-Encoding: chunked` in HTTP/1.1), which some servers refuse.
    pub fn from_chunks(source: impl Chunks + Send + 'static) -> Self {
        Body(Content::Source { source: Mutex::new(Box::new(source)), left: None })
    }

    /// Says how many bytes a source will yield. One that yields more or fewer fails then, so that
    /// no truncated upload passes for a whole one. Bytes have their own length.
    #[must_use]
    pub fn with_length(mut self, bytes: u64) -> Self {
        if let Content::Source { left, .. } = &mut self.0 {
            *left = Some(bytes);
        }
        self
    }

    /// How many bytes are still to come, if that is known.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Content::Bytes(bytes) => Some(bytes.len() as u64),
            Content::Source { left, .. } => *left,
        }
    }

    /// The bytes that it is made of; `None` for a source.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Bytes(bytes) => Some(bytes),
            Content::Source { .. } => None,
        }
    }

    /// The same body once more, without copying, if it is made of bytes.
    pub fn try_clone(&self) -> Option<Self> {
        self.as_bytes().cloned().map(Body::from)
    }

    /// The next chunk, never an empty one; `None` at the end.
    ///
    /// # Errors
    /// What the source says: for an answer, [`HttpErrorKind::Timeout`] where it stalls and
    /// [`HttpErrorKind::Other`] where it breaks off. After an error it has ended.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        poll_fn(|context| self.poll_chunk(context)).await.transpose()
    }

    /// All of it, however much that is.
    ///
    /// # Errors
    /// As of [`Body::chunk`].
    pub async fn bytes(self) -> Result<Bytes, HttpError> {
        self.bytes_up_to(u64::MAX).await
    }

    /// All of it, if that is no more than `limit` bytes.
    ///
    /// # Errors
    /// [`HttpErrorKind::TooLarge`], and the rest is not read; else as of [`Body::chunk`].
    pub async fn bytes_up_to(mut self, limit: u64) -> Result<Bytes, HttpError> {
        let too_large = || {
            let message = format!("expected a body of at most {limit} bytes, got more");
            HttpError::new(HttpErrorKind::TooLarge, message)
        };
        if self.length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        if let Content::Bytes(bytes) = self.0 {
            return Ok(bytes);
        }
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() as u64 > limit - all.len() as u64 {
                return Err(too_large());
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.into())
    }
}

/// As [`Body::chunk`].
impl Chunks for Body {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>> {
        let next = match &mut self.0 {
            Content::Bytes(bytes) if bytes.is_empty() => None,
            Content::Bytes(bytes) => Some(Ok(mem::take(bytes))),
            Content::Source { source, left } => {
                let source = source.get_mut().unwrap_or_else(PoisonError::into_inner);
                let next = loop {
                    match ready!(source.poll_chunk(context)) {
                        Some(Ok(chunk)) if chunk.is_empty() => {}
                        next => break next,
                    }
                };
                counted(next, left)
            }
        };
        if !matches!(next, Some(Ok(_))) {
            self.0 = Content::default();
        }
        Poll::Ready(next)
    }
}

/// What a source yielded, if it keeps to the length that was said.
fn counted(
    next: Option<Result<Bytes, HttpError>>,
    left: &mut Option<u64>,
) -> Option<Result<Bytes, HttpError>> {
    let wrong = |message| Some(Err(HttpError::new(HttpErrorKind::Other, message)));
    let Some(still) = left else { return next };
    match &next {
        Some(Ok(chunk)) => match still.checked_sub(chunk.len() as u64) {
            Some(rest) => *still = rest,
            None => return wrong("the body is longer than its length says".to_owned()),
        },
        None if *still > 0 => return wrong(format!("the body ended {still} bytes early")),
        _ => {}
    }
    next
}

impl Default for Content {
    fn default() -> Self {
        Content::Bytes(Bytes::new())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Body(Content::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

/// Shows what it is made of and how long it is: a body may hold anything.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made_of = if self.as_bytes().is_some() { "bytes" } else { "chunks" };
        match self.length() {
            Some(length) => write!(f, "Body({length} in {made_of})"),
            None => write!(f, "Body({made_of})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(chunks: &'static [&'static str]) -> Body {
        let mut chunks = chunks.iter();
        Body::from_chunks(move |_: &mut Context<'_>| {
            Poll::Ready(chunks.next().map(|chunk| Ok((*chunk).into())))
        })
    }

    async fn all(mut body: Body) -> Result<Vec<Bytes>, HttpError> {
        let mut chunks = Vec::new();
        while let Some(chunk) = body.chunk().await? {
            chunks.push(chunk);
        }
        assert_eq!(body.chunk().await?, None);
        Ok(chunks)
    }

    #[tokio::test]
    async fn chunks_come_in_order_and_empty_ones_are_passed_over() {
        assert_eq!(all(source(&["", "ab", "", "c", ""])).await.unwrap(), ["ab", "c"]);
        assert_eq!(all(Body::from("abc")).await.unwrap(), ["abc"]);
        assert_eq!(all(Body::empty()).await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_source_that_belies_its_length_fails() {
        assert_eq!(source(&["ab", "c"]).with_length(3).bytes().await.unwrap(), "abc");
        for (length, says) in [(2, "longer"), (4, "1 bytes early"), (0, "longer")] {
            let mut body = source(&["ab", "c"]).with_length(length);
            let error = loop {
                match body.chunk().await {
                    Ok(chunk) => assert!(chunk.is_some()),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind, HttpErrorKind::Other);
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(body.chunk().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_limit_is_kept_to_the_byte_and_an_announced_length_is_not_even_read() {
        assert_eq!(source(&["ab", "c"]).bytes_up_to(3).await.unwrap(), "abc");
        assert_eq!(Body::from("abc").bytes_up_to(3).await.unwrap(), "abc");
        let unread = |_: &mut Context<'_>| panic!("it was read");
        for body in [source(&["ab", "c"]), "abc".into(), Body::from_chunks(unread).with_length(3)] {
            let error = body.bytes_up_to(2).await.unwrap_err();
            assert_eq!(error.kind, HttpErrorKind::TooLarge);
        }
    }

    #[test]
    fn bytes_can_be_had_again_and_debug_holds_none_of_them() {
        let body = Body::from("canary".to_owned());
        assert_eq!(body.try_clone().unwrap().as_bytes(), body.as_bytes());
        assert_eq!(format!("{body:?}"), "Body(6 in bytes)");
        assert_eq!(format!("{:?}", source(&["canary"])), "Body(chunks)");
        assert_eq!(format!("{:?}", source(&[]).with_length(9)), "Body(9 in chunks)");
        assert!(source(&["x"]).try_clone().is_none());
    }

    #[test]
    fn a_body_may_move_between_threads_and_be_shared() {
        fn is_send_and_sync<T: Send + Sync>() {}
        is_send_and_sync::<Body>();
    }
}
