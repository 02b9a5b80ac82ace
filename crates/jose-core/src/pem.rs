//! The PEM texts of private keys (RFC 7468 §10, and the older form of RSA keys).

use protocol_core::{Error, base64url};
use zeroize::Zeroizing;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivateKeyFormat {
    Pkcs8,
    Pkcs1,
}

/// The one private key that the text holds, in DER.
pub(crate) fn private_key(text: &str) -> Result<(PrivateKeyFormat, Zeroizing<Vec<u8>>), Error> {
    let (label, body) = block(text).ok_or_else(|| wrong("no PEM block with one label"))?;
    let format = match label {
        "PRIVATE KEY" => PrivateKeyFormat::Pkcs8,
        "RSA PRIVATE KEY" => PrivateKeyFormat::Pkcs1,
        "ENCRYPTED PRIVATE KEY" => return Err(wrong("an encrypted one; decrypt it first")),
        "EC PRIVATE KEY" => {
            return Err(wrong("`EC PRIVATE KEY`; `openssl pkcs8 -topk8 -nocrypt` converts it"));
        }
        _ => return Err(wrong("a PEM block of another kind")),
    };
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    let der = base64url::decode_standard(body.as_bytes())
        .map_err(|_| wrong("a PEM block that is not base64"))?;
    Ok((format, Zeroizing::new(der)))
}

fn block(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, rest) = rest.split_once("-----END ")?;
    rest.strip_prefix(label)?.strip_prefix("-----")?;
    Some((label, body))
}

fn wrong(got: &str) -> Error {
    Error::config("private key", format!("expected `PRIVATE KEY` (PKCS#8) in PEM, got {got}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_decide_and_line_breaks_do_not_matter() {
        let pem = "x\n-----BEGIN PRIVATE KEY-----\r\nAQ\r\nID\r\n-----END PRIVATE KEY-----\n";
        let (format, der) = private_key(pem).unwrap();
        assert_eq!((format, &**der), (PrivateKeyFormat::Pkcs8, &[1, 2, 3][..]));
    }

    #[test]
    fn other_texts_are_refused_and_not_repeated() {
        for text in [
            "",
            "canary",
            "-----BEGIN PRIVATE KEY-----canary",
            "-----BEGIN PRIVATE KEY-----\ncanary!\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PUBLIC KEY-----",
            "-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQID\n-----END ENCRYPTED PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----",
        ] {
            let error = private_key(text).unwrap_err();
            assert_eq!(error.code(), "config", "{text}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
