//! What a user may read of an error.

use protocol_core::Error;

/// One sentence for the user in front of the browser: what to do, and nothing of what went on
/// inside.
pub fn public_message(error: &Error) -> &'static str {
    match error {
        Error::UnknownClient(_) => "There is no such way to sign in here.",
        Error::Rejected(rejection) if rejection.is_the_users_no() => {
            "The sign-in was declined. You can start again."
        }
        Error::Unverified(reason) if reason.is_about_the_callback() => {
            "This sign-in link is no longer good. Please start again."
        }
        Error::NeedsLogin(_) => "Please sign in.",
        Error::Rejected(_) | Error::Protocol(_) if error.is_retryable() => {
            "The sign-in service is out of order at the moment. Please try again soon."
        }
        Error::Unverified(_) | Error::Rejected(_) | Error::Protocol(_) => {
            "The sign-in service gave an answer that we cannot accept. Please try again later."
        }
        Error::Http(_) => "The sign-in service cannot be reached. Please try again in a moment.",
        Error::State(_) => "We cannot sign you in at the moment. Please try again soon.",
        _ => "Something is wrong on our side. It has been noted.",
    }
}
