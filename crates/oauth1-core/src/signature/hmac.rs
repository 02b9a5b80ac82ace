//! HMAC (RFC 5849 §3.4.2; RFC 2104): the key is hashed once, and each signature starts from there.

use hmac::digest::Output;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

pub(crate) fn sha1(data: &[u8]) -> [u8; 20] {
    Sha1::digest(data).into()
}

macro_rules! keys {
    ($($name:ident: $hash:ty),*) => {$(
        #[derive(Clone)]
        pub(crate) struct $name(Hmac<$hash>);

        impl $name {
            pub(crate) fn new(key: &[u8]) -> Self {
                // RFC 2104 takes keys of every length, and so does this constructor.
                $name(Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default())))
            }

            pub(crate) fn mac(&self, data: &[u8]) -> Output<$hash> {
                self.0.clone().chain_update(data).finalize().into_bytes()
            }
        }
    )*};
}

keys!(Sha1Key: Sha1, Sha256Key: Sha256, Sha512Key: Sha512);
