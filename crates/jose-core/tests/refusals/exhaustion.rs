//! B1 and B4: sizes and depths.

use super::*;

#[test]
fn refusal_b1_huge_tokens_before_they_are_decoded() {
    let key = key(Algorithm::ES256);
    let canary = "CANARY".repeat(1_700_000);
    let token = signed(&key, &header(&key, ""));
    for (token, expected) in [
        (canary.clone(), "token_too_large"),
        (format!("{token}{canary}"), "token_too_large"),
        (format!("{{{canary}"), "token_too_large"),
        (".".repeat(1_000_000), "token_too_large"),
        (".".repeat(200_000), "malformed_token"),
        (format!("{}.{}", encode(&canary[..100_000]), "e30.AAAA"), "malformed_header"),
        (
            signed(&key, &header(&key, &format!(r#","x":"{}""#, &canary[..100_000]))),
            "malformed_header",
        ),
        (signed(&key, &format!(r#"{{"alg":"{}"}}"#, &canary[..10_000])), "alg_not_allowed"),
        (
            signed(&key, &format!(r#"{{"alg":"ES256","kid":"{}"}}"#, &canary[..10_000])),
            "no_matching_key",
        ),
        (
            signed(&key, &header(&key, &format!(r#","crit":["{}"]"#, &canary[..10_000]))),
            "crit_unsupported",
        ),
        (
            signed(&key, &header(&key, &format!(r#","{0}":1,"{0}":2"#, &canary[..5_000]))),
            "duplicate_member",
        ),
    ] {
        let started = std::time::Instant::now();
        let error = verifier().verify(&token, &set(&key)).unwrap_err();
        assert!(started.elapsed().as_millis() < 500);
        assert_eq!(error.code(), expected);
        assert!(format!("{error} {error:?}").len() < 1000, "{}", error.code());
    }
    let error = verifier().max_token_bytes(token.len() - 1).verify(&token, &set(&key)).unwrap_err();
    assert_eq!(error.code(), "token_too_large");
    assert!(verifier().max_token_bytes(token.len()).verify(&token, &set(&key)).is_ok());

    let huge = format!(r#"{{"keys":[],"x":"{canary}"}}"#);
    let Err(Error::Protocol(violation)) = JwkSet::parse(huge.as_bytes()) else { panic!("huge") };
    assert!(!violation.to_string().contains("CANARY"));
}

#[test]
fn refusal_b4_headers_and_payloads_that_are_no_json_objects() {
    let deep = r#"{"a":"#.repeat(3_000);
    let cases: [(&[u8], &str); 12] = [
        (deep.as_bytes(), "deep"),
        (b"{\"alg\":\"ES256\",\"x\":\"\xff\"}", "invalid UTF-8"),
        (b"{\"alg\":\"ES256\",\"x\":\"\0\"}", "NUL inside"),
        (b"{\"alg\":\"ES256\"}\0", "NUL behind"),
        (b"\xef\xbb\xbf{\"alg\":\"ES256\"}", "byte order mark"),
        (b"", "nothing"),
        (b"[]", "array"),
        (b"[{\"alg\":\"ES256\"}]", "array around"),
        (b"\"ES256\"", "text"),
        (b"null", "null"),
        (b"1", "number"),
        (b"{\"alg\":\"ES256\"}{}", "two"),
    ];
    let key = key(Algorithm::ES256);
    for (text, what) in cases {
        let token = danger::sign_with_header(&key, text, PAYLOAD).unwrap();
        let expected = if text.is_empty() { "malformed_token" } else { "malformed_header" };
        assert_eq!(code(&token, &set(&key)), expected, "{what}");

        let token = danger::sign_with_header(&key, header(&key, "").as_bytes(), text).unwrap();
        let verified = verifier().verify(&token, &set(&key)).unwrap();
        assert_eq!(verified.claims().unwrap_err().code(), "malformed_payload", "{what}");
        assert_eq!(Jwk::parse(text).unwrap_err().code(), "invalid_key", "{what}");
        assert_eq!(JwkSet::parse(text).unwrap_err().code(), "invalid_key", "{what}");
    }
    for opening in ["[", r#"{"a":"#] {
        let deep = opening.repeat(100_000);
        assert_eq!(Claims::from_json(deep.as_bytes()).unwrap_err().code(), "malformed_payload");
        assert_eq!(JwkSet::parse(deep.as_bytes()).unwrap_err().code(), "invalid_key");
        let set = JwkSet::parse(format!(r#"{{"keys":[{deep}"#).as_bytes());
        assert_eq!(set.unwrap_err().code(), "invalid_key");
    }
}

#[test]
fn a_key_set_of_a_megabyte_takes_linear_time_whatever_is_in_it() {
    let started = std::time::Instant::now();
    let ops: Vec<String> = (0..100_000).map(|op| format!("{op:x}")).collect();
    let x = |n: u32| encode([&n.to_be_bytes()[..], &[7; 28]].concat());
    let mut many: Vec<Value> = (0..7_000)
        .map(|n| json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x(n)}))
        .collect();
    many[0]["key_ops"] = json!(["verify"]);
    let text = json!({"keys": many}).to_string();
    let keys = JwkSet::parse(text.as_bytes()).unwrap();
    assert_eq!(keys.keys().len(), 7_000);
    for _ in 0..10 {
        let error = keys.select(Algorithm::EdDSA, None).unwrap_err();
        assert_eq!(error.code(), "ambiguous_key");
    }

    many[0]["key_ops"] = json!(ops);
    let text = json!({"keys": many[..1]}).to_string();
    assert!(text.len() < JwkSet::MAX_BYTES);
    let keys = JwkSet::parse(text.as_bytes()).unwrap();
    assert_eq!(keys.keys()[0].key_ops().map(<[String]>::len), Some(100_000));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
