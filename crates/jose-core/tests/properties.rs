//! What holds for any payload and any change to a token.

mod common;

use common::{keys, set};
use jose_core::{Algorithm, Claims, Jwk, JwkSet, Verifier, danger};
use proptest::prelude::*;

fn verifier() -> Verifier {
    Verifier::new().allow(Algorithm::ALL.iter().copied())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_signed_verifies_and_comes_back(payload in proptest::collection::vec(any::<u8>(), 0..300)) {
        for key in keys() {
            let token = key.sign(Some("JWT"), &[], &payload).unwrap();
            let verified = verifier().verify(&token, &set(&key)).unwrap();
            prop_assert_eq!(verified.payload(), &payload[..]);
            prop_assert_eq!(verified.algorithm(), key.algorithm());
            prop_assert_eq!(verified.header().typ(), Some("JWT"));
            let read = danger::decode_unverified(&token).unwrap();
            prop_assert_eq!(read.payload, payload.clone());
        }
    }

    #[test]
    fn any_change_of_one_character_is_refused(place in any::<prop::sample::Index>(), other in any::<char>()) {
        for key in keys() {
            let token = key.sign(None, &[], br#"{"iss":"https://idp.example"}"#).unwrap();
            let at = place.index(token.len());
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            if changed != token {
                prop_assert!(verifier().verify(&changed, &set(&key)).is_err());
            }
            let shortened = format!("{}{}", &token[..at], &token[at + 1..]);
            prop_assert!(verifier().verify(&shortened, &set(&key)).is_err());
            let lengthened = format!("{}{other}{}", &token[..at], &token[at..]);
            prop_assert!(verifier().verify(&lengthened, &set(&key)).is_err());
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verifier().verify(&text, &JwkSet::default()).is_err());
        let _ = danger::decode_unverified(&text);
        for bytes in [text.as_bytes(), &bytes] {
            prop_assert!(Jwk::parse(bytes).is_err());
            prop_assert!(JwkSet::parse(bytes).is_err());
            let is_object = serde_json::from_slice::<serde_json::Map<_, _>>(bytes).is_ok();
            prop_assert!(Claims::from_json(bytes).is_err() || is_object);
        }
    }

    #[test]
    fn a_whole_second_is_before_a_date_exactly_if_it_is_before_its_fraction(seconds in 0u32.., fraction in 0.0f64..1.0) {
        let date = f64::from(seconds) + fraction;
        let claims = Claims::from_json(format!(r#"{{"exp":{date}}}"#).as_bytes()).unwrap();
        let exp = claims.exp().unwrap().seconds();
        for now in [u64::from(seconds).saturating_sub(1), u64::from(seconds), u64::from(seconds) + 1] {
            prop_assert_eq!(now < exp, (now as f64) < date);
        }
    }
}
