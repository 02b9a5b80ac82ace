//! A7 to A9: keys and signatures that are none.

use super::*;

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
