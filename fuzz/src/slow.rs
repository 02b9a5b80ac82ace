//! Second implementations, written from the specifications' text, slow and obvious.

use oauth2_core::Challenge;

use crate::request::Parts;

/// RFC 5849 §3.4.1: the signature base string, with these protocol parameters.
pub fn base_string(request: &Parts<'_>, oauth: &[(&str, &str)]) -> String {
    let uri = base_string_uri(request);
    // §3.4.1.3.1: the query, the Authorization header, the form body.
    let mut parameters = form_pairs(request.query().as_bytes());
    parameters.extend(form_pairs(request.form));
    let plain = request.pairs.iter().chain(oauth);
    parameters.extend(plain.map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into())));
    // "The "oauth_signature" parameter MUST be excluded from the signature base string if present."
    parameters.retain(|(name, _)| name != b"oauth_signature");
    // §3.4.1.3.2: encode, sort by name and then by value, join by `=`, join by `&`.
    let encoded = parameters.iter().map(|(name, value)| (encode(name), encode(value)));
    let mut encoded: Vec<(String, String)> = encoded.collect();
    encoded.sort();
    let joined: Vec<_> = encoded.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let normalized = joined.join("&");
    format!("{}&{}&{}", request.method(), encode(uri.as_bytes()), encode(normalized.as_bytes()))
}

/// RFC 5849 §3.4.1.2.
fn base_string_uri(request: &Parts<'_>) -> String {
    let (scheme, host) = (request.scheme(), request.host().to_lowercase());
    let port = match (scheme, request.port) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    let path = if request.path().is_empty() { "/".to_owned() } else { request.path() };
    format!("{scheme}://{host}{port}{path}")
}

/// RFC 5849 §3.6.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The pairs of `application/x-www-form-urlencoded` text, by the parser of the URL standard.
pub fn form_pairs(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pieces = text.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty());
    let pairs = pieces.map(|piece| {
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let mut next = || form_decode(halves.next().unwrap_or_default());
        (next(), next())
    });
    pairs.collect()
}

/// The values of the form parameter `name`; what is not UTF-8 becomes U+FFFD.
pub fn form_values(text: &[u8], name: &str) -> Vec<String> {
    let own = form_pairs(text).into_iter().filter(|(own, _)| lossy(own) == name);
    own.map(|(_, value)| lossy(&value)).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn form_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let hex = text.get(at + 1..at + 3).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        match (text[at], hex) {
            (b'+', _) => out.push(b' '),
            (b'%', Some(two)) => {
                let digits = std::str::from_utf8(two).unwrap_or_default();
                out.extend(u8::from_str_radix(digits, 16));
                at += 2;
            }
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    out
}

/// RFC 4648 §5 without padding: the bytes of the one spelling that RFC 4648 §3.5 leaves.
pub fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = Vec::new();
    for byte in text {
        let value = ALPHABET.iter().position(|known| known == byte)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let rest = bits.split_off(bits.len() / 8 * 8);
    if rest.len() >= 6 || rest.contains(&true) {
        return None;
    }
    let byte = |eight: &[bool]| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    Some(bits.chunks(8).map(byte).collect())
}

/// RFC 9110 §11.3: a challenge, each value a quoted string.
pub fn write_challenge(challenge: &Challenge) -> String {
    let quote = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let params = challenge.params.iter();
    let params = params.map(|(name, value)| format!("{name}=\"{}\"", quote(value)));
    let rest: Vec<String> = challenge.token68.clone().into_iter().chain(params).collect();
    format!("{} {}", challenge.scheme, rest.join(", "))
}
