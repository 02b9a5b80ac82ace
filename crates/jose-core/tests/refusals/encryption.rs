//! A6, A10 to A15, B1 to B3 as an encrypted token meets them.

use std::time::{Duration, Instant};

use jose_core::jwe::{ContentEncryption, DecryptionKey, DecryptionKeySet, KeyManagement};
use jose_core::{Decrypter, EncryptionKey};

use super::*;
use crate::jwe::{
    allow_all, content_key_len, decryption_key, encryption_key, private_jwks, rsa, supported_pairs,
};

/// A good token of `dir` with each cipher, and of each other algorithm with one cipher of each kind:
/// that is all that those tell apart, and some take time. With each come the keys for it.
fn tokens() -> Vec<(KeyManagement, ContentEncryption, String, DecryptionKeySet)> {
    let token = |(alg, enc)| {
        let jwk = &private_jwks(alg, enc)[0];
        let token = encryption_key(alg, jwk).encrypt(enc, &[], PAYLOAD).unwrap();
        (alg, enc, token, decryption_key(jwk).into())
    };
    let one_of_each_kind = [ENC, ContentEncryption::A128CbcHs256];
    let told_apart = |(alg, enc): &(KeyManagement, ContentEncryption)| {
        *alg == KeyManagement::Dir || one_of_each_kind.contains(enc)
    };
    supported_pairs().filter(told_apart).map(token).collect()
}

fn opened(token: &str, keys: &DecryptionKeySet) -> String {
    match allow_all().decrypt(token, keys) {
        Ok(decrypted) if decrypted.plaintext() == PAYLOAD => "accepted".to_owned(),
        Ok(_) => "accepted as another text".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

const ENC: ContentEncryption = ContentEncryption::A128Gcm;
const CONTENT_KEY: [u8; 16] = [7; 16];

fn direct_keys() -> DecryptionKeySet {
    decryption_key(&json!({"kty": "oct", "k": encode(CONTENT_KEY)})).into()
}

/// A token of `dir` under this header, which [`direct_keys`] decrypt.
fn direct(header: &str, plaintext: &[u8]) -> String {
    danger::encrypt_with_header(ENC, &CONTENT_KEY, header.as_bytes(), b"", plaintext).unwrap()
}

fn direct_with(more: &str) -> String {
    direct(&format!(r#"{{"alg":"dir","enc":"A128GCM"{more}}}"#), PAYLOAD)
}

/// The token with its part of this place replaced.
fn replaced(token: &str, place: usize, part: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[place] = part;
    parts.join(".")
}

fn part(token: &str, place: usize) -> Vec<u8> {
    decode(token.split('.').nth(place).unwrap()).unwrap()
}

#[test]
fn encrypted_tokens_would_be_accepted_but_for_their_faults() {
    for (alg, enc, token, keys) in tokens() {
        assert_eq!(opened(&token, &keys), "accepted", "{alg} {enc}");
    }
    assert_eq!(opened(&direct_with(""), &direct_keys()), "accepted");
}

#[test]
fn refusal_a2_algorithms_of_encryption_that_the_caller_did_not_name() {
    for (alg, enc, token, keys) in tokens() {
        let others = KeyManagement::ALL.iter().copied().filter(|other| *other != alg);
        let error = Decrypter::new().allow(others).decrypt(&token, &keys).unwrap_err();
        assert_eq!(error.code(), "jwe_alg_not_allowed", "{alg}");
        let others = ContentEncryption::ALL.iter().copied().filter(|other| *other != enc);
        let error = allow_all().allow_enc(others).decrypt(&token, &keys).unwrap_err();
        assert_eq!(error.code(), "jwe_enc_not_allowed", "{enc}");
    }
    for (header, expected) in [
        (r#"{"alg":"none","enc":"A128GCM"}"#, "jwe_alg_not_allowed"),
        (r#"{"alg":"DIR","enc":"A128GCM"}"#, "jwe_alg_not_allowed"),
        (r#"{"alg":"HS256","enc":"A128GCM"}"#, "jwe_alg_not_allowed"),
        (r#"{"alg":"dir","enc":"none"}"#, "jwe_enc_not_allowed"),
        (r#"{"alg":"dir","enc":"a128gcm"}"#, "jwe_enc_not_allowed"),
        (r#"{"alg":"dir","enc":"A128CBC"}"#, "jwe_enc_not_allowed"),
        (r#"{"alg":"dir"}"#, "malformed_header"),
        (r#"{"alg":"dir","enc":null}"#, "malformed_header"),
        (r#"{"alg":"dir","enc":["A128GCM"]}"#, "malformed_header"),
        (r#"{"enc":"A128GCM"}"#, "malformed_header"),
        (r#"{"alg":7,"enc":"A128GCM"}"#, "malformed_header"),
        (r#"{"alg":"dir","enc":"A128GCM","kid":7}"#, "malformed_header"),
    ] {
        assert_eq!(opened(&direct(header, PAYLOAD), &direct_keys()), expected, "{header}");
    }
}

#[test]
fn refusal_a4_keys_that_are_not_for_the_algorithm() {
    for (alg, enc, token, _) in tokens() {
        let jwk = &private_jwks(alg, enc)[0];
        let kid = jwk["kid"].clone();
        for (member, value, expected) in [
            ("alg", json!("RSA1_5"), "key_alg_mismatch"),
            ("alg", json!("RS256"), "key_alg_mismatch"),
            ("use", json!("sig"), "key_use"),
            ("use", json!("other"), "key_use"),
            ("key_ops", json!(["encrypt", "wrapKey"]), "key_ops"),
            ("key_ops", json!(["verify"]), "key_ops"),
            ("key_ops", json!([]), "key_ops"),
            ("kid", json!("another"), if kid.is_null() { "accepted" } else { "no_matching_key" }),
        ] {
            let mut jwk = jwk.clone();
            jwk[member] = value;
            let code = opened(&token, &decryption_key(&jwk).into());
            assert_eq!(code, expected, "{alg} {enc} {member}");
        }
        assert_eq!(opened(&token, &DecryptionKeySet::default()), "no_matching_key");
        let mut bound = jwk.clone();
        bound["alg"] = alg.name().into();
        bound["use"] = "enc".into();
        bound["key_ops"] = json!(["decrypt", "unwrapKey", "deriveKey", "deriveBits"]);
        assert_eq!(opened(&token, &decryption_key(&bound).into()), "accepted", "{alg} {enc}");

        let mut wrong = json!({"kty": "oct", "k": "AAAA"});
        if !kid.is_null() {
            wrong["kid"] = kid;
        }
        let expected = match alg.name().split(['-', '+']).next() {
            Some("RSA" | "ECDH") => "key_type_mismatch",
            Some("PBES2") => "decrypt_failed",
            _ => "invalid_key",
        };
        assert_eq!(opened(&token, &decryption_key(&wrong).into()), expected, "{alg}");
    }
}

#[test]
fn refusal_a6_keys_in_the_header_of_an_encrypted_token() {
    for more in [
        r#","jwk":{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"}"#,
        r#","jku":"https://evil.example/keys","x5u":"https://evil.example/x","x5c":["AA"]"#,
    ] {
        assert_eq!(opened(&direct_with(more), &direct_keys()), "accepted", "{more}");
        let of_others = decryption_key(&json!({"kty": "oct", "k": encode([0; 16])})).into();
        assert_eq!(opened(&direct_with(more), &of_others), "decrypt_failed", "{more}");
    }
}

#[test]
fn refusal_a8_unsound_private_keys() {
    let changed = |jwk: &Value, member: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[member] = value;
        DecryptionKey::from_jwk(jwk.to_string().as_bytes())
            .map(drop)
            .map_err(|e| e.code().to_owned())
    };
    for (member, value) in [
        ("kty", json!("AKP")),
        ("kty", json!(null)),
        ("k", json!("")),
        ("k", json!("A")),
        ("k", json!(7)),
        ("kid", json!(7)),
        ("key_ops", json!(["decrypt", "decrypt"])),
    ] {
        let oct = json!({"kty": "oct", "k": "AAAA"});
        assert_eq!(changed(&oct, member, value), Err("invalid_key".to_owned()), "{member}");
    }
    let twice = br#"{"kty":"oct","k":"AAAA","k":"AAAA"}"#;
    assert_eq!(DecryptionKey::from_jwk(twice).unwrap_err().code(), "duplicate_member");
    if !KeyManagement::RsaOaep.is_supported() {
        assert_eq!(changed(&rsa(), "use", "enc".into()), Err("unsupported".to_owned()));
        return;
    }
    let weak = json!(encode(vec![0xff; 128]));
    assert_eq!(changed(&rsa(), "n", weak), Err("weak_key".to_owned()));
    for (member, value) in [
        ("e", json!("Ag")),
        ("d", json!(null)),
        ("p", json!(null)),
        ("p", rsa()["q"].clone()),
        ("oth", json!([])),
    ] {
        assert_eq!(changed(&rsa(), member, value), Err("invalid_key".to_owned()), "{member}");
    }
    for jwk in private_jwks(KeyManagement::EcdhEs, ENC) {
        for (member, value) in [
            ("d", json!(null)),
            ("d", json!("AAAA")),
            ("d", json!(encode(vec![1; decode(jwk["d"].as_str().unwrap()).unwrap().len()]))),
            ("x", json!("AAAA")),
            ("crv", json!("Ed25519")),
            ("crv", json!("secp256k1")),
            ("kty", json!("RSA")),
        ] {
            let code = changed(&jwk, member, value);
            assert_eq!(code, Err("invalid_key".to_owned()), "{} {member}", jwk["crv"]);
        }
    }
}

#[test]
fn refusal_a10_extensions_of_encrypted_tokens() {
    for more in [
        r#","crit":["exp"],"exp":1"#,
        r#","crit":[]"#,
        r#","crit":null"#,
        r#","crit":"exp""#,
        r#","crit":["alg"]"#,
        r#","crit":["enc"]"#,
        r#","crit":["zip"]"#,
        r#","crit":["absent"]"#,
    ] {
        assert_eq!(opened(&direct_with(more), &direct_keys()), "crit_unsupported", "{more}");
    }
}

#[test]
fn refusal_a12_other_shapes_than_five_parts() {
    let token = direct_with("");
    let [head, _, iv, ciphertext, tag] =
        <[&str; 5]>::try_from(token.split('.').collect::<Vec<_>>()).unwrap();
    let flattened = json!({"protected": head, "iv": iv, "ciphertext": ciphertext, "tag": tag});
    let general = json!({"protected": head, "iv": iv, "ciphertext": ciphertext, "tag": tag,
        "recipients": [{}]});
    for shape in [
        String::new(),
        ".".to_owned(),
        "....".to_owned(),
        head.to_owned(),
        format!("{head}.{iv}.{ciphertext}"),
        format!("{head}.{iv}.{ciphertext}.{tag}"),
        format!("..{iv}.{ciphertext}.{tag}"),
        format!("{token}."),
        format!("{token}.{tag}"),
        format!(".{token}"),
        flattened.to_string(),
        format!(" \n{flattened}"),
        general.to_string(),
        "{}".to_owned(),
        format!(r#"{{"a":"....","protected":"{head}"}}"#),
    ] {
        assert_eq!(opened(&shape, &direct_keys()), "malformed_token", "{shape}");
    }
}

#[test]
fn refusal_a13_other_spellings_of_an_encrypted_token() {
    let token = direct_with("");
    for place in [0, 1, 2, 3, 4] {
        let text = token.split('.').nth(place).unwrap();
        for spelling in
            [format!("{text}="), format!("{text} "), format!("{text}\n"), format!("+{text}")]
        {
            let code = opened(&replaced(&token, place, &spelling), &direct_keys());
            assert_eq!(code, "non_canonical_base64", "{place} {spelling:?}");
        }
    }
}

#[test]
fn refusal_a14_duplicate_members_of_an_encrypted_token() {
    for more in [
        r#","alg":"dir""#,
        r#","alg":"RSA-OAEP""#,
        r#","enc":"A128GCM""#,
        r#","\u0065nc":"A256GCM""#,
        r#","epk":{"kty":"EC","kty":"OKP"}"#,
    ] {
        assert_eq!(opened(&direct_with(more), &direct_keys()), "duplicate_member", "{more}");
    }
}

#[test]
fn refusal_a15_rsa1_5_is_no_algorithm() {
    assert_eq!(KeyManagement::from_name("RSA1_5"), None);
    let vectors: Value = serde_json::from_str(include_str!("../data/jwe.json")).unwrap();
    let case = &vectors["cases"][1];
    let token = case["compact"].as_str().unwrap();
    assert_eq!(header_text(token), r#"{"alg":"RSA1_5","enc":"A128CBC-HS256"}"#);
    let keys = DecryptionKey::from_jwk(case["key"].to_string().as_bytes());
    let keys = keys.map(DecryptionKeySet::from).unwrap_or_default();
    assert_eq!(opened(token, &keys), "jwe_alg_not_allowed");
}

fn header_text(token: &str) -> String {
    String::from_utf8(part(token, 0)).unwrap()
}

#[test]
fn refusal_a15_whatever_does_not_decrypt_is_one_error() {
    let flipped = |token: &str, place, at: usize| {
        let mut octets = part(token, place);
        let at = at.min(octets.len() - 1);
        octets[at] ^= 1;
        replaced(token, place, &encode(octets))
    };
    for (alg, enc, token, keys) in tokens() {
        let mut faults = vec![
            ("another header", replaced(&token, 0, &encode(part_with_a_space(&token)))),
            ("initialization vector", flipped(&token, 2, 0)),
            ("ciphertext", flipped(&token, 3, 0)),
            ("end of the ciphertext", flipped(&token, 3, usize::MAX)),
            ("tag", flipped(&token, 4, 0)),
            ("end of the tag", flipped(&token, 4, usize::MAX)),
            ("no initialization vector", replaced(&token, 2, "")),
            ("no ciphertext", replaced(&token, 3, "")),
            ("no tag", replaced(&token, 4, "")),
        ];
        for (what, place) in [("initialization vector", 2), ("ciphertext", 3), ("tag", 4)] {
            let octets = part(&token, place);
            let longer = [&octets[..], &[0]].concat();
            faults.push((what, replaced(&token, place, &encode(longer))));
            for less in [1, 4, 8, octets.len() / 2] {
                let shorter = &octets[..octets.len() - less];
                faults.push((what, replaced(&token, place, &encode(shorter))));
            }
        }
        let encrypted_key = part(&token, 1);
        if encrypted_key.is_empty() {
            faults.push((
                "an encrypted key",
                replaced(&token, 1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ));
        } else {
            faults.push(("encrypted key", flipped(&token, 1, 0)));
            faults.push(("end of the encrypted key", flipped(&token, 1, usize::MAX)));
            faults.push(("no encrypted key", replaced(&token, 1, "")));
            let shorter = &encrypted_key[..encrypted_key.len() - 8];
            faults.push(("a shorter encrypted key", replaced(&token, 1, &encode(shorter))));
            let longer = [&encrypted_key[..], &[0; 8]].concat();
            faults.push(("a longer encrypted key", replaced(&token, 1, &encode(longer))));
        }
        for (what, fault) in faults {
            let error = allow_all().decrypt(&fault, &keys).unwrap_err();
            assert_eq!(error.code(), "decrypt_failed", "{alg} {enc} {what}");
            assert_eq!(error.to_string(), "not verified: decryption failed", "{alg} {enc} {what}");
        }
    }
}

/// The header with a space at its end: the same members, another text.
fn part_with_a_space(token: &str) -> Vec<u8> {
    [&part(token, 0)[..], b" "].concat()
}

#[test]
fn refusal_a15_a_content_key_of_another_length() {
    for (alg, enc, _, keys) in tokens() {
        if alg == KeyManagement::Dir || alg.name() == "ECDH-ES" {
            continue; // Theirs is never sent.
        }
        let jwk = &private_jwks(alg, enc)[0];
        for other in ContentEncryption::ALL.iter().filter(|other| other.is_supported()) {
            if content_key_len(*other) == content_key_len(enc) {
                continue;
            }
            // The key was wrapped for `other`, and the header says `enc`.
            let token = encryption_key(alg, jwk).encrypt(*other, &[], PAYLOAD).unwrap();
            let header = header_text(&token)
                .replace(&format!(r#""enc":"{other}""#), &format!(r#""enc":"{enc}""#));
            let token = replaced(&token, 0, &encode(header));
            assert_eq!(opened(&token, &keys), "decrypt_failed", "{alg} {enc} {other}");
        }
    }
}

#[test]
fn refusal_a15_a_wrong_padding_behind_a_right_tag_and_the_reverse() {
    for enc in ContentEncryption::ALL.iter().copied().filter(|enc| enc.name().contains("CBC")) {
        if !enc.is_supported() {
            continue;
        }
        let keys: DecryptionKeySet =
            decryption_key(&private_jwks(KeyManagement::Dir, enc)[0]).into();
        let header = format!(r#"{{"alg":"dir","enc":"{enc}"}}"#);
        let key = vec![0x5a; content_key_len(enc)];
        let token =
            danger::encrypt_with_header(enc, &key, header.as_bytes(), b"", PAYLOAD).unwrap();
        assert_eq!(opened(&token, &keys), "accepted");
        // The last block's padding becomes another one when the block before it changes.
        let mut ciphertext = part(&token, 3);
        let at = ciphertext.len() - 17;
        ciphertext[at] ^= 0x55;
        let token = replaced(&token, 3, &encode(ciphertext));
        assert_eq!(opened(&token, &keys), "decrypt_failed", "{enc}");
    }
}

#[test]
fn refusal_a15_ephemeral_keys_that_are_none() {
    if !KeyManagement::EcdhEs.is_supported() {
        return;
    }
    let keys = private_jwks(KeyManagement::EcdhEs, ENC);
    for jwk in &keys {
        let set: DecryptionKeySet = decryption_key(jwk).into();
        let good = encryption_key(KeyManagement::EcdhEs, jwk).encrypt(ENC, &[], PAYLOAD).unwrap();
        assert_eq!(opened(&good, &set), "accepted", "{}", jwk["crv"]);
        let header: Value = serde_json::from_str(&header_text(&good)).unwrap();
        let epk = &header["epk"];
        let with = |member: &str, value: Value| {
            let mut epk = epk.clone();
            epk[member] = value;
            epk
        };
        let x = decode(epk["x"].as_str().unwrap()).unwrap();
        let mut epks = vec![
            json!(null),
            json!("epk"),
            json!([epk]),
            json!({}),
            with("kty", json!("RSA")),
            with("kty", json!(null)),
            with("crv", json!("P-224")),
            with("crv", json!("Ed25519")),
            with("crv", json!(null)),
            with("x", json!(null)),
            with("x", json!("")),
            with("x", json!(encode(&x[1..]))),
            with("x", json!(encode([&[0], &x[..]].concat()))),
            with("x", json!(format!("{}=", epk["x"].as_str().unwrap()))),
            with("x", json!(encode(vec![0; x.len()]))),
        ];
        if epk["kty"] == "EC" {
            let mut y = decode(epk["y"].as_str().unwrap()).unwrap();
            *y.last_mut().unwrap() ^= 1;
            epks.extend([
                with("y", json!(null)),
                with("y", json!(encode(&y))),
                with("y", json!(encode(vec![0; y.len()]))),
                with("x", json!(encode(vec![0xff; x.len()]))),
            ]);
        } else {
            // A point of order 2 among the small ones (RFC 7748 §6.1).
            epks.push(with("x", json!(encode([&[1][..], &[0; 31]].concat()))));
        }
        for other in keys.iter().filter(|other| other["crv"] != jwk["crv"]) {
            epks.push(other.clone());
        }
        for epk in epks {
            let mut header = header.clone();
            header["epk"] = epk.clone();
            let token = replaced(&good, 0, &encode(header.to_string()));
            assert_eq!(opened(&token, &set), "invalid_epk", "{} {epk}", jwk["crv"]);
        }
        let mut header = header.clone();
        header.as_object_mut().unwrap().remove("epk");
        let token = replaced(&good, 0, &encode(header.to_string()));
        assert_eq!(opened(&token, &set), "invalid_epk", "{}", jwk["crv"]);
    }
    // Where several keys may be meant, those of other curves are no fault.
    let unnamed = keys.iter().map(|jwk| {
        let members = jwk.as_object().unwrap().clone().into_iter();
        members.filter(|(name, _)| name != "kid").collect::<Value>()
    });
    let all = json!({ "keys": unnamed.collect::<Vec<_>>() });
    let all = DecryptionKeySet::parse(all.to_string().as_bytes()).unwrap();
    for jwk in &keys {
        let token = encryption_key(KeyManagement::EcdhEs, jwk).encrypt(ENC, &[], PAYLOAD).unwrap();
        assert_eq!(opened(&token, &all), "accepted", "{}", jwk["crv"]);
        let bad = replaced(&token, 4, &encode([0; 16]));
        assert_eq!(opened(&bad, &all), "decrypt_failed", "{}", jwk["crv"]);
    }
}

#[test]
fn refusal_a15_parameters_of_the_key_that_are_missing_or_malformed() {
    for (alg, enc, token, keys) in tokens() {
        let names: &[&str] = match alg.name().split(['-', '+']).next() {
            Some("ECDH") => &["apu", "apv"],
            Some("A128GCMKW" | "A192GCMKW" | "A256GCMKW") => &["iv", "tag"],
            Some("PBES2") => &["p2s", "p2c"],
            _ => &[],
        };
        let header: Value = serde_json::from_str(&header_text(&token)).unwrap();
        for name in names {
            for value in [json!(null), json!([]), json!("="), json!("A"), json!(-1), json!(1.5)] {
                let mut header = header.clone();
                header[*name] = value;
                let token = replaced(&token, 0, &encode(header.to_string()));
                assert_eq!(opened(&token, &keys), "malformed_header", "{alg} {enc} {name}");
            }
            if alg.name().starts_with("ECDH") {
                continue;
            }
            let mut header = header.clone();
            header.as_object_mut().unwrap().remove(*name);
            let token = replaced(&token, 0, &encode(header.to_string()));
            assert_eq!(opened(&token, &keys), "malformed_header", "{alg} {enc} no {name}");
        }
    }
}

/// Whether the encrypted key or the content is at fault, both are worked through to the end.
#[test]
fn refusal_a15_failures_take_as_long_as_each_other() {
    if !KeyManagement::RsaOaep.is_supported() {
        return;
    }
    let keys: DecryptionKeySet = decryption_key(&rsa()).into();
    let to = encryption_key(KeyManagement::RsaOaep256, &rsa());
    let token = to.encrypt(ENC, &[], &vec![0x61; 100_000]).unwrap();
    let broken = |place: usize| {
        let mut octets = part(&token, place);
        *octets.last_mut().unwrap() ^= 1;
        replaced(&token, place, &encode(octets))
    };
    let (bad_key, bad_tag) = (broken(1), broken(4));
    let took = |token: &str| {
        let began = Instant::now();
        assert_eq!(opened(token, &keys), "decrypt_failed");
        began.elapsed()
    };
    // The least of many: what else runs here delays some, but not all of them.
    let (mut of_key, mut of_tag) = (Duration::MAX, Duration::MAX);
    for _ in 0..40 {
        of_key = of_key.min(took(&bad_key));
        of_tag = of_tag.min(took(&bad_tag));
    }
    let (less, more) = (of_key.min(of_tag), of_key.max(of_tag));
    assert!(more < less * 3, "{of_key:?} for a key, {of_tag:?} for a tag");
}

#[test]
fn refusal_b1_huge_encrypted_tokens() {
    let canary = "CANARY".repeat(1_700_000);
    let token = direct_with("");
    for (token, expected) in [
        (canary.clone(), "token_too_large"),
        (format!("{token}{canary}"), "token_too_large"),
        (".".repeat(1_000_000), "token_too_large"),
        (".".repeat(200_000), "malformed_token"),
        (direct_with(&format!(r#","x":"{}""#, &canary[..100_000])), "malformed_header"),
        (direct_with(&format!(r#","{0}":1,"{0}":2"#, &canary[..5_000])), "duplicate_member"),
        (direct(&format!(r#"{{"alg":"{}"}}"#, &canary[..10_000]), b""), "jwe_alg_not_allowed"),
        (
            direct(&format!(r#"{{"alg":"dir","enc":"{}"}}"#, &canary[..10_000]), b""),
            "jwe_enc_not_allowed",
        ),
    ] {
        let began = Instant::now();
        let error = allow_all().decrypt(&token, &direct_keys()).unwrap_err();
        assert!(began.elapsed() < Duration::from_millis(500));
        assert_eq!(error.code(), expected);
        assert!(format!("{error} {error:?}").len() < 2_000, "{expected}");
    }
    let exactly = allow_all().max_token_bytes(token.len());
    assert!(exactly.decrypt(&token, &direct_keys()).is_ok());
    let error = exactly.max_token_bytes(token.len() - 1).decrypt(&token, &direct_keys());
    assert_eq!(error.unwrap_err().code(), "token_too_large");
}

#[test]
fn refusal_b2_compressed_content() {
    const LIMIT: usize = 250_000;
    let compressed = |length: usize| miniz_oxide::deflate::compress_to_vec(&vec![b' '; length], 9);
    let deflated = r#"{"alg":"dir","enc":"A128GCM","zip":"DEF"}"#;
    let code = |decrypter: Decrypter, token: &str| match decrypter.decrypt(token, &direct_keys()) {
        Ok(decrypted) => format!("{} bytes", decrypted.plaintext().len()),
        Err(error) => error.code().to_owned(),
    };
    let allowed = || allow_all().allow_zip(LIMIT);
    for (length, expected) in [
        (0, "0 bytes"),
        (1, "1 bytes"),
        (LIMIT, "250000 bytes"),
        (LIMIT + 1, "decompression_limit"),
        (4_000_000, "decompression_limit"),
    ] {
        let token = direct(deflated, &compressed(length));
        assert_eq!(code(allow_all(), &token), "zip_not_allowed", "by default");
        let began = Instant::now();
        assert_eq!(code(allowed(), &token), expected, "{length}");
        assert!(began.elapsed() < Duration::from_secs(1), "{length}");
    }
    let whole = compressed(1_000);
    for not_deflated in [&b""[..], b"e30.e30.AAAA", &[0xff; 40], &whole[..whole.len() / 2]] {
        assert_eq!(code(allowed(), &direct(deflated, not_deflated)), "decrypt_failed");
    }
    for zip in [r#""GZ""#, r#""def""#, r#""""#, "null", "true", r#"["DEF"]"#] {
        let token = direct_with(&format!(r#","zip":{zip}"#));
        assert_eq!(code(allowed(), &token), "zip_not_allowed", "{zip}");
    }
    assert_eq!(code(allowed(), &direct_with("")), format!("{} bytes", PAYLOAD.len()));
}

#[test]
fn refusal_b3_rounds_of_a_password() {
    let algorithms = [
        KeyManagement::Pbes2Hs256A128Kw,
        KeyManagement::Pbes2Hs384A192Kw,
        KeyManagement::Pbes2Hs512A256Kw,
    ];
    for alg in algorithms.into_iter().filter(|alg| alg.is_supported()) {
        let jwk = json!({"kty": "oct", "k": encode("a password")});
        let keys = decryption_key(&jwk).into();
        let key = EncryptionKey::from_jwk(alg, jwk.to_string().as_bytes()).unwrap();
        let token = key.encrypt(ENC, &[], PAYLOAD).unwrap();
        let header: Value = serde_json::from_str(&header_text(&token)).unwrap();
        assert_eq!(header["p2c"], 10_000);
        for (p2c, expected) in [
            (json!(10_000), "accepted"),
            (json!(10_001), "p2c_too_large"),
            (json!(2_147_483_647), "p2c_too_large"),
            (json!(4_294_967_296_u64 + 1), "p2c_too_large"),
            (json!(u64::MAX), "p2c_too_large"),
            (json!(0), "malformed_header"),
            (json!(-1), "malformed_header"),
            (json!(1e300), "malformed_header"),
            (json!("10000"), "malformed_header"),
            (json!(1), "decrypt_failed"),
        ] {
            let text = header_text(&token).replace("10000", &p2c.to_string());
            let token = replaced(&token, 0, &encode(text));
            let began = Instant::now();
            assert_eq!(opened(&token, &keys), expected, "{alg} {p2c}");
            assert!(began.elapsed() < Duration::from_millis(500), "{alg} {p2c}");
        }
        for p2s in ["", "AAAAAAAAAA"] {
            let mut changed = header.clone();
            changed["p2s"] = p2s.into();
            let token = replaced(&token, 0, &encode(changed.to_string()));
            assert_eq!(opened(&token, &keys), "malformed_header", "{alg} {p2s:?}");
        }
    }
}
