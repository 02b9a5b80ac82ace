//! The right to refresh a token, for one process at a time: [`Lease`].

use std::time::Duration;

use protocol_core::StateError;

use crate::http::BoxFuture;

/// A right that one holder has at a time, and loses by itself when its time ends: what keeps the
/// processes of many machines from refreshing one token twice. By the lease's own clock, so that the
/// machines' clocks do not matter.
///
/// Keys are as those of a [`Cache`](crate::Cache), and so is what is asked of the answers: within
/// seconds, and a retryable [`StateError`] for what may pass by itself.
pub trait Lease: Send + Sync + 'static {
    /// Takes `key` for `life`, in one atomic step, or keeps it where `holder` has it already. False
    /// while another holder has it.
    fn lease<'a>(
        &'a self,
        key: &'a str,
        holder: &'a str,
        life: Duration,
    ) -> BoxFuture<'a, Result<bool, StateError>>;

    /// Gives `key` back, in one atomic step, if `holder` has it.
    fn release<'a>(
        &'a self,
        key: &'a str,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StateError>>;
}
