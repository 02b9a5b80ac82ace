//! What comes back from the authorization page is taken only with our token, once.
#![no_main]

use fuzz::slow::form_values;
use libfuzzer_sys::fuzz_target;
use oauth1_core::{TemporaryCredentials, callback};

fuzz_target!(|text: &str| {
    let kept = TemporaryCredentials::new("t0ken", "s3cret");
    let Ok(callback) = callback::parse(text) else { return };
    let Ok(verifier) = callback.check(&kept) else { return };
    assert_eq!(form_values(text.as_bytes(), "oauth_token"), ["t0ken"]);
    assert_eq!(form_values(text.as_bytes(), "oauth_verifier"), [verifier]);
    assert!(!verifier.is_empty() && form_values(text.as_bytes(), "denied").is_empty());
});
