//! Under any header, what decrypts is what was encrypted, or what that inflates to within bounds.
#![no_main]

use fuzz::jwe::{CONTENT_KEY, DECRYPTING, ENC, MOST};
use jose_core::danger::encrypt_with_header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut lines = text.splitn(3, |octet| *octet == b'\n').chain([&b""[..]; 3]);
    let [header, encrypted_key, content] = [(); 3].map(|()| lines.next().unwrap());
    let token = encrypt_with_header(ENC, &CONTENT_KEY, header, encrypted_key, content).unwrap();
    let (decrypter, keys) = &*DECRYPTING;
    if let Ok(decrypted) = decrypter.decrypt(&token, keys) {
        let inflated = decrypted.header().member("zip").is_some();
        let bounded = decrypted.plaintext().len() <= MOST;
        assert!(if inflated { bounded } else { decrypted.plaintext() == content });
    }
});
