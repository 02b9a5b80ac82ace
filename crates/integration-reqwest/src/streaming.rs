//! Bodies that stream both ways, and the time that a server may take in between.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use client_registry::{Body, Chunks};
use http_body::{Frame, SizeHint};
use protocol_core::{HttpError, HttpErrorKind};
use tokio::time::{Instant, Sleep, sleep};

use crate::client::broken;

/// A request's body as reqwest takes it, and the sign of life that it gives.
pub(crate) fn upload(body: Body) -> (reqwest::Body, Progress) {
    let progress = Progress::default();
    let upload = Upload { body, rest: Bytes::new(), progress: progress.clone() };
    (reqwest::Body::wrap(upload), progress)
}

/// An answer's body as it comes.
pub(crate) fn download(body: reqwest::Body, idle: Idle, host: String) -> Body {
    let length = http_body::Body::size_hint(&body).exact();
    let body = Body::from_chunks(Download { body, idle, host });
    match length {
        Some(length) => body.with_length(length),
        None => body,
    }
}

/// Notices that a server has been waited for longer than it may take.
pub(crate) struct Idle {
    most: Duration,
    upload: Progress,
    /// Running while something is waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    pub(crate) fn new(most: Duration, upload: Progress) -> Self {
        Idle { most, upload, timer: None }
    }

    /// What `future` yields, unless it is waited for too long.
    pub(crate) async fn bound<T>(
        &mut self,
        future: impl Future<Output = T>,
    ) -> Result<T, HttpError> {
        let mut future = pin!(future);
        poll_fn(|context| self.poll(context, |context| future.as_mut().poll(context))).await
    }

    /// Polls `what`, and the time while it is pending.
    fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        what: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, HttpError>> {
        if let Poll::Ready(outcome) = what(context) {
            self.timer = None;
            return Poll::Ready(Ok(outcome));
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.most)));
        loop {
            ready!(timer.as_mut().poll(context));
            // The server may have been taking the request's body all the while.
            let sign = self.upload.last_sign_of_life().and_then(|at| at.checked_add(self.most));
            match sign.filter(|until| *until > Instant::now()) {
                Some(until) => timer.as_mut().reset(until),
                None => {
                    let message = format!("nothing from the server within {:?}", self.most);
                    return Poll::Ready(Err(HttpError::new(HttpErrorKind::Timeout, message)));
                }
            }
        }
    }
}

/// When the server last took something of the request's body.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<Last>>);

#[derive(Clone, Copy, Default)]
enum Last {
    /// It has not asked for any.
    #[default]
    Nothing,
    Took(Instant),
    /// It would take more, and the body's source has none yet.
    WaitsForUs,
}

impl Progress {
    fn set(&self, last: Last) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    fn last_sign_of_life(&self) -> Option<Instant> {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Last::Nothing => None,
            Last::Took(at) => Some(at),
            Last::WaitsForUs => Some(Instant::now()),
        }
    }
}

struct Upload {
    body: Body,
    /// Of the last chunk: what is still to go.
    rest: Bytes,
    progress: Progress,
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if self.rest.is_empty() {
            let Poll::Ready(next) = self.body.poll_chunk(context) else {
                self.progress.set(Last::WaitsForUs);
                return Poll::Pending;
            };
            self.rest = match next.transpose() {
                Ok(chunk) => chunk.unwrap_or_default(),
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
        }
        self.progress.set(Last::Took(Instant::now()));
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.body.length().map(|length| length + self.rest.len() as u64);
        length.map(SizeHint::with_exact).unwrap_or_default()
    }
}

/// An answer can come before all was sent, and end the sending.
impl Drop for Upload {
    fn drop(&mut self) {
        self.progress.set(Last::Took(Instant::now()));
    }
}

/// Large chunks go in pieces of this size: each that is taken is a sign of life.
const PIECE: usize = 64 * 1024;

struct Download {
    body: reqwest::Body,
    idle: Idle,
    host: String,
}

impl Chunks for Download {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>> {
        let Download { body, idle, host } = self;
        loop {
            let next = idle.poll(context, |context| {
                http_body::Body::poll_frame(Pin::new(&mut *body), context)
            });
            let frame = match ready!(next) {
                Ok(None) => return Poll::Ready(None),
                Ok(Some(frame)) => frame.map_err(broken),
                Err(late) => Err(late),
            };
            match frame.map(Frame::into_data) {
                Ok(Ok(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                Ok(Err(_trailers)) => {}
                Err(error) => return Poll::Ready(Some(Err(error.with_host(&**host)))),
            }
        }
    }
}
