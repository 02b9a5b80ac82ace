//! A1 to A6: which algorithm, and which key for it.

use super::*;

#[test]
fn refusal_a1_alg_none_in_any_spelling() {
    for key in keys() {
        let [_, payload, signature] = &parts(&signed(&key, &header(&key, ""))).map(str::to_owned);
        for alg in ["none", "None", "NONE", "nOnE"] {
            let header = encode(format!(r#"{{"alg":"{alg}"}}"#));
            let named = encode(format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, key.algorithm()));
            for token in [
                format!("{header}.{payload}."),
                format!("{header}.{payload}.{signature}"),
                format!("{named}.{payload}."),
                format!("{named}.{payload}.{signature}"),
            ] {
                assert_eq!(code(&token, &set(&key)), "alg_none", "{alg}");
                assert_eq!(code(&token, &JwkSet::default()), "alg_none", "{alg}");
            }
            let unsigned = format!("{header}.{payload}.");
            assert_eq!(danger::decode_unverified(&unsigned).unwrap().payload, PAYLOAD);
        }
        assert_eq!(
            code(&format!("{}.{payload}", encode(r#"{"alg":"none"}"#)), &set(&key)),
            "malformed_token"
        );
    }
}

#[test]
fn refusal_a2_algorithms_that_the_caller_did_not_name() {
    for key in keys() {
        let token = signed(&key, &header(&key, ""));
        let by_default = Verifier::new().verify(&token, &set(&key));
        if Algorithm::DEFAULTS.contains(&key.algorithm()) {
            assert_eq!(by_default.unwrap().algorithm(), key.algorithm());
        } else {
            assert_eq!(by_default.unwrap_err().code(), "alg_not_allowed", "{key:?}");
        }
        let others = supported().filter(|algorithm| *algorithm != key.algorithm());
        let error = Verifier::new().allow(others).verify(&token, &set(&key)).unwrap_err();
        assert_eq!(error.code(), "alg_not_allowed");
        assert_eq!(
            Verifier::new().allow([]).verify(&token, &set(&key)).unwrap_err().code(),
            "alg_not_allowed"
        );
    }
}

#[test]
fn refusal_a3_hmac_keyed_with_a_public_key() {
    let rsa = rsa_jwk();
    let n = decode(rsa["n"].as_str().unwrap()).unwrap();
    let pkcs1 = [&hex("3082010a0282010100")[..], &n, &hex("0203010001")].concat();
    let spki = [&hex("30820122300d06092a864886f70d01010105000382010f00")[..], &pkcs1].concat();
    let rsa_key = key(Algorithm::RS256);

    let ec_key = key(Algorithm::ES256);
    let ec = ec_key.public_jwk().unwrap().public_only().unwrap();
    let point =
        [decode(ec["x"].as_str().unwrap()).unwrap(), decode(ec["y"].as_str().unwrap()).unwrap()]
            .concat();
    let ec_spki =
        [&hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")[..], &point].concat();

    let mut spellings: Vec<(&SigningKey, Vec<u8>)> = Vec::new();
    for (key, spki) in [(&rsa_key, &spki), (&ec_key, &ec_spki)] {
        for (end, wrap) in [("\n", 64), ("", 64), ("\r\n", 64), ("\n", 1000)] {
            let body = encode_standard(spki);
            let lines: Vec<&str> =
                body.as_bytes().chunks(wrap).map(|l| std::str::from_utf8(l).unwrap()).collect();
            let pem = format!(
                "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----{end}",
                lines.join("\n")
            );
            spellings.push((key, pem.into_bytes()));
        }
        spellings.push((key, spki.clone()));
        let jwk = key.public_jwk().unwrap().public_only().unwrap();
        spellings.push((key, jwk.to_string().into_bytes()));
        spellings.push((key, key.kid().unwrap().into()));
        spellings.push((key, key.public_jwk().unwrap().thumbprint().into()));
    }
    let n_text = rsa["n"].as_str().unwrap().as_bytes().to_vec();
    spellings.extend([(&rsa_key, pkcs1), (&rsa_key, n), (&rsa_key, n_text), (&ec_key, point)]);

    for (public, secret) in spellings {
        let secret = danger::short_symmetric_key(&secret).unwrap();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let attacker = SigningKey::from_symmetric(algorithm, secret.clone()).unwrap();
            let kid = public.kid().unwrap();
            let named = signed(&attacker, &format!(r#"{{"alg":"{algorithm}","kid":"{kid}"}}"#));
            assert_eq!(code(&named, &set(public)), "key_type_mismatch");
            let nameless = signed(&attacker, &format!(r#"{{"alg":"{algorithm}"}}"#));
            assert_eq!(code(&nameless, &set(public)), "key_type_mismatch");
            assert_eq!(code(&nameless, &unbound(public)), "key_type_mismatch");
        }
    }
}

#[test]
fn refusal_a4_another_algorithm_than_the_keys() {
    for key in keys() {
        for other in supported().filter(|other| *other != key.algorithm()) {
            // Signed by the key's own algorithm, and said to be by another.
            let header = format!(r#"{{"alg":"{other}","kid":"{}"}}"#, key.algorithm());
            let token = signed(&key, &header);
            let fits = other.key_type() == key.algorithm().key_type()
                && other.curve() == key.algorithm().curve();
            let expected = match fits {
                true if key.algorithm().is_symmetric() => "bad_signature",
                true => "key_alg_mismatch",
                false => "key_type_mismatch",
            };
            assert_eq!(code(&token, &set(&key)), expected, "{} as {other}", key.algorithm());
            let expected = match (fits, key.algorithm().curve()) {
                // Two names of one signature: only the key's own `alg` can tell them apart.
                (true, Some(_)) => "accepted",
                (true, None) => "bad_signature",
                (false, _) => "key_type_mismatch",
            };
            assert_eq!(
                code(&token, &unbound_named(&key)),
                expected,
                "{} as {other}",
                key.algorithm()
            );
            // A key without `alg`, and a header outside the caller's list.
            let error = Verifier::new()
                .allow([key.algorithm()])
                .verify(&token, &unbound_named(&key))
                .unwrap_err();
            assert_eq!(error.code(), "alg_not_allowed");
        }
        for alg in ["RSA-OAEP", "ES224", "A256GCM", "", "none"] {
            let jwk = with(&key, "alg", json!(alg));
            let token = signed(&key, &header(&key, ""));
            assert_eq!(code(&token, &jwk.into()), "key_alg_mismatch", "{alg}");
        }
    }
}

/// The key's JWK with one member changed.
fn with(key: &SigningKey, name: &str, value: Value) -> Jwk {
    let mut jwk = key.verification_key().public_only().unwrap_or_else(
        || json!({"kty": "oct", "k": encode([0x5a; 64]), "kid": key.kid().unwrap()}),
    );
    jwk.as_object_mut().unwrap().insert(name.into(), value);
    Jwk::from_value(&jwk).unwrap()
}

#[test]
fn refusal_a5_keys_for_another_use() {
    for key in keys() {
        let named = signed(&key, &header(&key, ""));
        let nameless = signed(&key, &format!(r#"{{"alg":"{}"}}"#, key.algorithm()));
        for (member, value, expected) in [
            ("use", json!("enc"), "key_use"),
            ("use", json!("tls"), "key_use"),
            ("use", json!(""), "key_use"),
            ("key_ops", json!([]), "key_ops"),
            ("key_ops", json!(["sign"]), "key_ops"),
            ("key_ops", json!(["encrypt", "wrapKey"]), "key_ops"),
            ("key_ops", json!(["Verify"]), "key_ops"),
        ] {
            let misused = with(&key, member, value.clone());
            assert_eq!(code(&named, &misused.clone().into()), expected, "{member} {value}");
            assert_eq!(code(&nameless, &misused.clone().into()), expected, "{member} {value}");
            // It does not stand in the way of the right one.
            let right = key.verification_key().clone();
            let both: JwkSet = [misused, right].into_iter().collect();
            assert_eq!(code(&nameless, &both), "accepted");
            assert_eq!(code(&named, &both), "accepted");
        }
        let verify = with(&key, "key_ops", json!(["sign", "verify"]));
        assert_eq!(code(&named, &verify.into()), "accepted");
    }
}

#[test]
fn refusal_a6_keys_that_the_token_brings() {
    for key in keys().iter().filter(|key| !key.algorithm().is_symmetric()) {
        let attacker = match key.algorithm().curve() {
            Some(_) => SigningKey::generate(key.algorithm()).unwrap(),
            None => other_rsa_key(key.algorithm()),
        };
        let jwk = attacker.public_jwk().unwrap().public_only().unwrap();
        for more in [
            format!(r#","jwk":{jwk}"#),
            r#","jku":"https://attacker.example/jwks.json""#.to_owned(),
            r#","x5u":"https://attacker.example/chain.pem""#.to_owned(),
            r#","x5c":["MIIB"]"#.to_owned(),
        ] {
            let token = signed(&attacker, &header(key, &more));
            assert_eq!(code(&token, &set(key)), "bad_signature", "{more}");
            let nameless = signed(&attacker, &format!(r#"{{"alg":"{}"{more}}}"#, key.algorithm()));
            assert_eq!(code(&nameless, &set(key)), "bad_signature", "{more}");
            assert_eq!(code(&nameless, &JwkSet::default()), "no_matching_key", "{more}");
            // They are ignored, not refused.
            assert_eq!(code(&signed(key, &header(key, &more)), &set(key)), "accepted", "{more}");
        }
    }
}

/// Another RSA key than the one of the common set.
fn other_rsa_key(algorithm: Algorithm) -> SigningKey {
    let vectors: Value = serde_json::from_str(include_str!("../data/jwk.json")).unwrap();
    let private = &vectors["cases"][1]["jwks"]["keys"][1];
    let mut private = private.clone();
    private.as_object_mut().unwrap().remove("alg");
    SigningKey::from_jwk(algorithm, private.to_string().as_bytes()).unwrap()
}
