//! An answer with OAuth 1 credentials: a token, once, confirmed; no secret in an error.
#![no_main]

use fuzz::{CANARY, answers, assert_no_canary, slow::form_values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The status, the body, and in it `@`, where the secret stands.
    let [status, body @ ..] = input else { return };
    let planted = answers::plant(body, &format!("&oauth_token_secret={CANARY}&"));
    match answers::temporary_credentials([200, 401, 500, 302][usize::from(status % 4)], &planted) {
        Ok(credentials) => {
            let values = |name| form_values(planted.trim_ascii(), name);
            assert_eq!(values("oauth_token"), [credentials.token]);
            assert_eq!(values("oauth_token_secret"), [credentials.token_secret.expose()]);
            assert!(values("oauth_callback_confirmed")[0].eq_ignore_ascii_case("true"));
        }
        Err(error) => assert_no_canary(body, &format!("{error} {error:?}")),
    }
});
