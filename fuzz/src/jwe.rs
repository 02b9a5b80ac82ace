//! Encrypted tokens, and who decrypts them.

use std::sync::LazyLock;

use jose_core::jwe::{
    ContentEncryption, Decrypter, DecryptionKey, DecryptionKeySet, KeyManagement,
};

/// How the content of every token here is encrypted.
pub const ENC: ContentEncryption = ContentEncryption::A128Gcm;
/// The key of the content.
pub const CONTENT_KEY: [u8; 16] = [7; 16];
/// The most bytes that content may inflate to.
pub const MOST: usize = 10_000;

/// Allows everything, with the content's key and one key of each other kind.
pub static DECRYPTING: LazyLock<(Decrypter, DecryptionKeySet)> = LazyLock::new(|| {
    let own = [
        r#"{"kty":"oct","k":"BwcHBwcHBwcHBwcHBwcHBw"}"#,
        r#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#,
        r#"{"kty":"OKP","crv":"X25519","x":"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHw","d":"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"}"#,
    ];
    let keys: DecryptionKeySet =
        own.iter().map(|jwk| DecryptionKey::from_jwk(jwk.as_bytes()).expect("a key")).collect();
    (Decrypter::new().allow(KeyManagement::ALL.iter().copied()).allow_zip(MOST), keys)
});
