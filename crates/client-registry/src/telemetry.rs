//! Spans around what a registry does, each with how it ended; see the crate's README for the table.
//!
//! A span holds names, hosts and codes, and nothing that a log must not have. Where nobody
//! listens, one costs a few nanoseconds.

use std::future::Future;

use protocol_core::Error;
use tracing::{Instrument as _, Span};

/// A span of this crate's, its `outcome` to be told.
macro_rules! span {
    ($name:literal, $($fields:tt)*) => {
        tracing::info_span!(
            target: "client_registry", $name, $($fields)*, outcome = tracing::field::Empty
        )
    };
}
pub(crate) use span;

/// Does `work` in a span, and tells there how it ended: `ok`, or the error's stable code.
pub(crate) async fn traced<T>(
    span: Span,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let outcome = work.instrument(span.clone()).await;
    let told = match &outcome {
        Ok(_) => "ok",
        // Its code is the server's, and may be any text.
        Err(Error::Rejected(_)) => "rejected",
        Err(error) => error.code(),
    };
    span.record("outcome", told);
    outcome
}
