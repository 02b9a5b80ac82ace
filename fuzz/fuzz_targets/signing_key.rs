//! A private key that is taken signs what its own public half verifies.
#![no_main]

use jose_core::{Algorithm, JwkSet, SigningKey, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let algorithms = Algorithm::ALL.iter().filter(|algorithm| algorithm.is_supported());
    for algorithm in algorithms {
        let by_pem =
            std::str::from_utf8(text).map(|text| SigningKey::from_pem(*algorithm, text).ok());
        let keys = [SigningKey::from_jwk(*algorithm, text).ok(), by_pem.ok().flatten()];
        for key in keys.into_iter().flatten() {
            let token = key.sign(None, &[], b"payload").unwrap();
            let set = JwkSet::from(key.verification_key().clone());
            let verified = Verifier::new().allow([*algorithm]).verify(&token, &set).unwrap();
            assert_eq!(verified.payload(), b"payload");
        }
    }
});
