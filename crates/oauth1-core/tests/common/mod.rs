//! A second implementation of the base string, from RFC 5849 §3.4.1 alone: slow and obvious.
#![allow(dead_code)] // Each test file uses what it needs.

use oauth1_core::{ClientCredentials, Signer, TokenCredentials, UnixTime};

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

pub(crate) fn client() -> ClientCredentials {
    ClientCredentials::new("key", "canary client secret")
}

pub(crate) fn token() -> TokenCredentials {
    TokenCredentials::new("token", "canary token secret")
}

pub(crate) fn signer() -> Signer {
    Signer::hmac_sha1(client()).with_token(token())
}

/// §3.6.
pub(crate) fn percent_encoded(text: &[u8]) -> String {
    text.iter()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(*byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// What `application/x-www-form-urlencoded` text stands for (§3.4.1.3.1).
pub(crate) fn form_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let two = std::str::from_utf8(text.get(at + 1..at + 3).unwrap_or_default()).unwrap_or("");
        let is_hex = two.len() == 2 && two.chars().all(|c| c.is_ascii_hexdigit());
        match text[at] {
            b'+' => out.push(b' '),
            b'%' if is_hex => {
                out.push(u8::from_str_radix(two, 16).unwrap());
                at += 2;
            }
            other => out.push(other),
        }
        at += 1;
    }
    out
}

pub(crate) fn form_pairs(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pieces = text.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let mut parts = piece.splitn(2, |byte| *byte == b'=');
            let name = form_decoded(parts.next().unwrap_or_default());
            (name, form_decoded(parts.next().unwrap_or_default()))
        })
        .collect()
}

/// §3.4.1.1, of an URL that is given in its pieces.
pub(crate) fn base_string(
    method: &str,
    scheme: &str,
    host_and_port: (&str, Option<u16>),
    path: &str,
    parameters: &[(Vec<u8>, Vec<u8>)],
) -> String {
    let (host, port) = host_and_port;
    let scheme = scheme.to_lowercase();
    let port = match (port, &*scheme) {
        (None, _) | (Some(80), "http") | (Some(443), "https") => String::new(),
        (Some(port), _) => format!(":{port}"),
    };
    let path = if path.is_empty() { "/" } else { path };
    let uri = format!("{scheme}://{}{port}{path}", host.to_lowercase());
    let mut encoded: Vec<(String, String)> =
        parameters.iter().map(|(n, v)| (percent_encoded(n), percent_encoded(v))).collect();
    encoded.sort();
    let normalized: Vec<String> = encoded.iter().map(|(n, v)| format!("{n}={v}")).collect();
    [&*method.to_uppercase(), &uri, &normalized.join("&")]
        .map(|part| percent_encoded(part.as_bytes()))
        .join("&")
}
