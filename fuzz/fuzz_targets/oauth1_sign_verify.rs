//! What is signed, in whichever place, verifies by the same secrets and by no others.
#![no_main]

use fuzz::request::Any;
use libfuzzer_sys::fuzz_target;
use oauth1_core::{Secrets, Verifier};

fuzz_target!(|any: Any| {
    let Some(request) = any.signed() else { return };
    let signed = Verifier::new().parse(&request).unwrap();
    assert_eq!((signed.consumer_key(), signed.token().unwrap_or("")), (&*any.id(), any.token.0));
    let check = |client_secret: &str| {
        let secrets = Secrets::of_client(client_secret).with_token(any.token.1);
        Verifier::new().verify(&signed, Some(&secrets), any.now())
    };
    check(&any.secret()).unwrap();
    check(&format!("{}x", any.secret())).unwrap_err();
});
