//! A token answer has an access token, the one that was written; no secret is in an error.
#![no_main]

use fuzz::{CANARY, answers, assert_no_canary};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // How it is read, the body, and in it `@`, where the secret stands.
    let [flags, body @ ..] = input else { return };
    let (status, is_form) = ([200, 400, 500, 302][usize::from(flags % 4)], flags & 4 != 0);
    let member = ["\n\"access_token\":\"", CANARY, "\"\n"].concat();
    let secret = if is_form { format!("&access_token={CANARY}&") } else { member };
    let planted = answers::plant(body, &secret);
    match answers::token(status, planted, is_form, flags & 8 != 0) {
        Ok(token) => assert_eq!((status, token.access_token.expose()), (200, CANARY)),
        Err(error) => assert_no_canary(body, &format!("{error} {error:?}")),
    }
});
