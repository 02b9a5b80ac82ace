//! A10 to A14: other forms than the one that is taken.

use super::*;

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
    if part.len().is_multiple_of(4) {
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
