//! What must be refused, and how: one table a class, over every algorithm that this build has.

mod common;

use common::{key, keys, rsa_jwk, set, supported, unbound};
use jose_core::{
    Algorithm, Claims, Error, Jwk, JwkSet, SigningKey, SymmetricKey, Verifier, danger,
};
use protocol_core::base64url::{decode, encode, encode_standard};
use serde_json::{Value, json};

const PAYLOAD: &[u8] = br#"{"iss":"https://idp.example","sub":"s"}"#;

/// Allows everything, so that nothing is refused for its algorithm alone.
fn verifier() -> Verifier {
    Verifier::new().allow(Algorithm::ALL.iter().copied())
}

fn code(token: &str, keys: &JwkSet) -> String {
    match verifier().verify(token, keys) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

fn signed(key: &SigningKey, header: &str) -> String {
    danger::sign_with_header(key, header.as_bytes(), PAYLOAD).unwrap()
}

/// A header of the key's algorithm and name, with more members behind.
fn header(key: &SigningKey, more: &str) -> String {
    let name = key.algorithm().name();
    format!(r#"{{"alg":"{name}","kid":"{name}"{more}}}"#)
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

fn joined(parts: [&str; 3]) -> String {
    parts.join(".")
}

#[test]
fn what_follows_would_be_accepted_but_for_its_fault() {
    for key in keys() {
        assert_eq!(code(&signed(&key, &header(&key, "")), &set(&key)), "accepted", "{key:?}");
        assert_eq!(code(&signed(&key, &header(&key, "")), &unbound_named(&key)), "accepted");
    }
}

/// The set that holds this key alone, bound to no algorithm.
fn unbound_named(key: &SigningKey) -> JwkSet {
    let jwk = unbound(key).keys()[0].clone();
    jwk.with_kid(key.algorithm().name()).into()
}

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
    let vectors: Value = serde_json::from_str(include_str!("data/jwk.json")).unwrap();
    let private = &vectors["cases"][1]["jwks"]["keys"][1];
    let mut private = private.clone();
    private.as_object_mut().unwrap().remove("alg");
    SigningKey::from_jwk(algorithm, private.to_string().as_bytes()).unwrap()
}

#[test]
fn refusal_a7_short_secrets() {
    for length in 0..32 {
        let secret = "s".repeat(length);
        assert_eq!(SymmetricKey::new(&secret).unwrap_err().code(), "weak_key", "{length}");
        let error = Jwk::from_client_secret(&secret.as_str().into()).unwrap_err();
        assert_eq!(error.code(), "weak_key", "{length}");
        assert_eq!(danger::short_symmetric_key(&secret).is_ok(), length > 0);
    }
    for (algorithm, least) in
        [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)]
    {
        let jwk = |length| {
            json!({"kty": "oct", "alg": algorithm.name(), "k": encode(vec![7; length])}).to_string()
        };
        assert_eq!(Jwk::parse(jwk(least - 1).as_bytes()).unwrap_err().code(), "weak_key");
        assert_eq!(Jwk::parse(jwk(0).as_bytes()).unwrap_err().code(), "invalid_key");
        assert!(Jwk::parse(jwk(least).as_bytes()).is_ok());
        assert!(SigningKey::from_jwk(algorithm, jwk(least - 1).as_bytes()).is_err());

        // One that no `alg` binds is refused for the longer hashes when it is used.
        let short = danger::short_symmetric_key(vec![7; least - 1]).unwrap();
        let signer = SigningKey::from_symmetric(algorithm, short).unwrap();
        let token = signed(&signer, &format!(r#"{{"alg":"{algorithm}"}}"#));
        let unbound = json!({"kty": "oct", "k": encode(vec![7; least - 1])}).to_string();
        let keys = Jwk::parse(unbound.as_bytes()).unwrap().into();
        assert_eq!(code(&token, &keys), "weak_key");
        assert_eq!(code(&token, &signer.verification_key().clone().into()), "accepted");
    }
}

#[test]
fn refusal_a8_unsound_rsa_keys() {
    let modulus = |bits: usize| {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= (8 - bits % 8) % 8;
        n
    };
    let mut even = modulus(2048);
    *even.last_mut().unwrap() = 0xfe;
    let f4 = vec![1, 0, 1];
    for (n, e, expected) in [
        (modulus(512), f4.clone(), "weak_key"),
        (modulus(1024), f4.clone(), "weak_key"),
        (modulus(2047), f4.clone(), "weak_key"),
        (modulus(2048), f4.clone(), "accepted"),
        (modulus(2048), vec![3], "accepted"),
        (modulus(2048), vec![1, 0xff, 0xff, 0xff, 0xff], "accepted"),
        (modulus(8192), f4.clone(), "accepted"),
        (modulus(8193), f4.clone(), "invalid_key"),
        (modulus(16384), f4.clone(), "invalid_key"),
        (even, f4.clone(), "invalid_key"),
        (vec![0; 256], f4.clone(), "weak_key"),
        (modulus(2048), vec![0], "invalid_key"),
        (modulus(2048), vec![1], "invalid_key"),
        (modulus(2048), vec![2], "invalid_key"),
        (modulus(2048), vec![1, 0, 0], "invalid_key"),
        (modulus(2048), vec![0, 1, 0, 1], "invalid_key"),
        (modulus(2048), vec![2, 0, 0, 0, 1], "invalid_key"),
        (modulus(2048), modulus(2048), "invalid_key"),
        (modulus(2048), vec![], "invalid_key"),
        (vec![], f4, "invalid_key"),
    ] {
        let jwk = json!({"kty": "RSA", "n": encode(&n), "e": encode(&e), "kid": "k"});
        let got = Jwk::parse(jwk.to_string().as_bytes());
        let got = got.map_or_else(|error| error.code().to_owned(), |_| "accepted".to_owned());
        assert_eq!(got, expected, "{} bytes, e {e:?}", n.len());
        let set = JwkSet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
        assert_eq!(set.keys().is_empty(), expected != "accepted");
        assert_eq!(set.skipped().len(), usize::from(expected != "accepted"));
    }
}

#[test]
fn refusal_a9_ecdsa_signatures_out_of_range_or_form() {
    const ORDERS: [(Algorithm, &str); 3] = [
        (Algorithm::ES256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        (
            Algorithm::ES384,
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
        (
            Algorithm::ES512,
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
    ];
    for (algorithm, order) in ORDERS.into_iter().filter(|(algorithm, _)| algorithm.is_supported()) {
        let key = key(algorithm);
        let order = hex(order);
        let size = order.len();
        let mut over = order.clone();
        *over.last_mut().unwrap() += 1;
        let (zero, ones) = (vec![0; size], vec![0xff; size]);
        let one = [vec![0; size - 1], vec![1]].concat();

        let token = signed(&key, &header(&key, ""));
        let [head, payload, signature] = parts(&token);
        let raw = decode(signature).unwrap();
        let (r, s) = raw.split_at(size);
        let integer = |number: &[u8]| {
            let sign = number[0] >= 0x80;
            [vec![2, (size + usize::from(sign)) as u8], vec![0; usize::from(sign)], number.to_vec()]
                .concat()
        };
        let content = [integer(r), integer(s)].concat();
        let der = [
            vec![0x30],
            if content.len() > 127 { vec![0x81] } else { vec![] },
            vec![content.len() as u8],
            content,
        ]
        .concat();

        let mut signatures: Vec<Vec<u8>> = vec![
            Vec::new(),
            r.to_vec(),
            raw[..raw.len() - 1].to_vec(),
            [&raw[..], &[0]].concat(),
            [&[0], &raw[..]].concat(),
            [&raw[..], &raw[..]].concat(),
            [&[0], r, &[0], s].concat(),
            [s, r].concat(),
            der,
        ];
        for bad in [&zero, &order, &over, &ones] {
            signatures.push([bad, s].concat());
            signatures.push([r, bad].concat());
            signatures.push([&bad[..], bad].concat());
            signatures.push([&bad[..], &one].concat());
            signatures.push([&one[..], bad].concat());
        }
        for signature in signatures {
            let token = joined([head, payload, &encode(&signature)]);
            assert_eq!(code(&token, &set(&key)), "bad_signature", "{algorithm} {signature:02x?}");
        }
    }
}

#[test]
fn refusal_a10_extensions_that_are_not_understood() {
    for key in keys() {
        for more in [
            r#""crit":["http://example.invalid/x"],"http://example.invalid/x":true"#,
            r#""crit":["exp"],"exp":1"#,
            r#""crit":[]"#,
            r#""crit":"exp","exp":1"#,
            r#""crit":{"exp":1},"exp":1"#,
            r#""crit":null"#,
            r#""crit":true"#,
            r#""crit":["alg"]"#,
            r#""crit":["kid"]"#,
            r#""crit":["crit"]"#,
            r#""crit":["exp","exp"],"exp":1"#,
            r#""crit":["absent"]"#,
            r#""crit":[1]"#,
            r#""crit":[null]"#,
            r#""crit":[["exp"]],"exp":1"#,
            r#""crit":[""],"":1"#,
        ] {
            let token = signed(&key, &header(&key, &format!(",{more}")));
            assert_eq!(code(&token, &set(&key)), "crit_unsupported", "{more}");
        }
        // An unprotected header exists in the JSON serialisation only.
        let token = signed(&key, &header(&key, ""));
        let [protected, payload, signature] = parts(&token);
        let unprotected = json!({"protected": protected, "header": {"crit": ["exp"], "exp": 1},
            "payload": payload, "signature": signature});
        assert_eq!(code(&unprotected.to_string(), &set(&key)), "malformed_token");
    }
}

#[test]
fn refusal_a11_an_unencoded_payload() {
    for key in keys() {
        for more in [
            r#","b64":false,"crit":["b64"]"#,
            r#","b64":false"#,
            r#","b64":0"#,
            r#","b64":"false""#,
            r#","b64":null"#,
        ] {
            let token = signed(&key, &header(&key, more));
            assert_eq!(code(&token, &set(&key)), "b64_unsupported", "{more}");
            let [head, _, signature] = parts(&token);
            let unencoded = joined([head, "$.02", signature]);
            assert_eq!(code(&unencoded, &set(&key)), "malformed_token", "{more}");
        }
    }
}

#[test]
fn refusal_a12_other_shapes_than_three_parts() {
    for key in keys() {
        let token = signed(&key, &header(&key, ""));
        let [head, payload, signature] = parts(&token);
        let flattened = json!({"protected": head, "payload": payload, "signature": signature});
        let general = json!({"payload": payload,
            "signatures": [{"protected": head, "signature": signature}]});
        // A token in compact form inside the name of a member (CVE-2022-39227).
        let polyglot = format!(
            r#"{{"{head}.{payload}.":"","protected":"{head}","payload":"{payload}","signature":"{signature}"}}"#
        );
        for shape in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            head.to_owned(),
            format!("{head}.{payload}"),
            format!(".{payload}.{signature}"),
            format!("{token}."),
            format!(".{token}"),
            format!("{token}.{signature}"),
            format!("{head}.{payload}.{signature}.{signature}.{signature}"),
            format!("{head}.{payload}.{signature}.{signature}.{signature}.{signature}"),
            flattened.to_string(),
            format!("  {flattened}"),
            general.to_string(),
            json!({"payload": payload, "signatures": []}).to_string(),
            json!({"payload": payload}).to_string(),
            polyglot,
            "{}".to_owned(),
        ] {
            assert_eq!(code(&shape, &set(&key)), "malformed_token", "{shape}");
        }
    }
}

#[test]
fn refusal_a13_other_spellings_of_base64url() {
    for key in keys() {
        // Both header and payload of a length whose last character has unused bits.
        let pad = |text: String| format!("{text}{}", " ".repeat((4 - text.len() % 3) % 3));
        let head = pad(header(&key, ""));
        let token =
            danger::sign_with_header(&key, head.as_bytes(), &[0xff, 0xef, 0xbe, 0xff]).unwrap();
        assert_eq!(code(&token, &set(&key)), "accepted");
        let whole = parts(&token);
        for place in 0..3 {
            let part = whole[place];
            let (front, back) = part.split_at(part.len() / 2);
            let mut spellings = vec![
                format!("{part}="),
                format!("{part}=="),
                format!("{front} {back}"),
                format!("{front}\n{back}"),
                format!("{front}\r\n{back}"),
                format!("{front}\t{back}"),
                format!("{front}+{back}"),
                format!("{front}/{back}"),
                format!("{front}${back}"),
                format!("{front}é{back}"),
                format!("{front}%2B{back}"),
                format!("{front}\0{back}"),
                format!("{part} "),
                format!("{part}\n"),
                part.replace('-', "+").replace('_', "/"),
                trailing_bits_set(part),
            ];
            spellings.retain(|spelling| spelling != part);
            assert!(spellings.len() >= 14);
            for spelling in spellings {
                let mut parts = whole;
                parts[place] = &spelling;
                assert_eq!(code(&joined(parts), &set(&key)), "non_canonical_base64", "{spelling}");
            }
        }
    }
}

/// The same text with a bit set that decoding would drop, if its length leaves one.
fn trailing_bits_set(part: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if part.len() % 4 == 0 {
        return part.to_owned();
    }
    let (front, last) = part.split_at(part.len() - 1);
    let index = ALPHABET.find(last).unwrap() | 1;
    format!("{front}{}", &ALPHABET[index..=index])
}

#[test]
fn refusal_a14_duplicate_members() {
    for key in keys() {
        let name = key.algorithm().name();
        for header in [
            format!(r#"{{"alg":"{name}","alg":"{name}"}}"#),
            format!(r#"{{"alg":"none","alg":"{name}"}}"#),
            format!(r#"{{"alg":"{name}","alg":"none"}}"#),
            format!(r#"{{"alg":"{name}","kid":"x","kid":"{name}"}}"#),
            format!(r#"{{"alg":"{name}","\u0061lg":"{name}"}}"#),
            format!(r#"{{"alg":"{name}","x":{{"y":1,"y":2}}}}"#),
        ] {
            assert_eq!(code(&signed(&key, &header), &set(&key)), "duplicate_member", "{header}");
        }
    }
    for claims in [
        r#"{"iss":"a","iss":"b"}"#,
        r#"{"sub":"a","s\u0075b":"b"}"#,
        r#"{"iss":"a","address":{"x":1,"x":1}}"#,
    ] {
        let error = Claims::from_json(claims.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "duplicate_member", "{claims}");
    }
    let key = key(Algorithm::ES256);
    let good = key.public_jwk().unwrap().public_only().unwrap().to_string();
    let twice = good.replacen('{', r#"{"use":"sig","#, 1);
    let set = JwkSet::parse(format!(r#"{{"keys":[{twice},{good}]}}"#).as_bytes()).unwrap();
    assert_eq!((set.keys().len(), set.skipped().len()), (1, 1));
    assert_eq!(set.skipped()[0].reason.code(), "duplicate_member");
    assert_eq!(code(&signed(&key, &header(&key, "")), &set), "accepted");
    assert_eq!(Jwk::parse(twice.as_bytes()).unwrap_err().code(), "duplicate_member");
    assert!(JwkSet::parse(br#"{"keys":[],"keys":[]}"#).is_err());
}

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

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
