//! HMAC (RFC 5849 §3.4.2; RFC 2104): the key is hashed once, and each signature starts from there.

use hmac::digest::Output;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

pub(crate) fn sha1(data: &[u8]) -> [u8; 20] {
    Sha1::digest(data).into()
}

macro_rules! keys {
    ($($name:ident: $hash:ty, $block:literal;)*) => {$(
        #[derive(Clone)]
        pub(crate) struct $name(Hmac<$hash>);

        impl $name {
            /// Takes the key in pieces. One that is longer than a block counts by its hash (RFC
            /// 2104 §2), which needs no copy of it.
            pub(crate) fn new(pieces: [&[u8]; 3]) -> Self {
                let mut block = Zeroizing::new([0; $block]);
                let mut length = pieces.iter().map(|piece| piece.len()).sum();
                if length <= block.len() {
                    let bytes = pieces.into_iter().flatten();
                    block.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
                } else {
                    let mut hash = <$hash>::new();
                    pieces.iter().for_each(|piece| hash.update(piece));
                    let hash = hash.finalize();
                    length = hash.len();
                    block[..length].copy_from_slice(&hash);
                }
                // It takes keys of every length.
                let key = Hmac::new_from_slice(&block[..length]);
                $name(key.unwrap_or_else(|_| Hmac::new(&Default::default())))
            }

            pub(crate) fn mac(&self, data: &[u8]) -> Output<$hash> {
                self.0.clone().chain_update(data).finalize().into_bytes()
            }
        }
    )*};
}

keys! {
    Sha1Key: Sha1, 64;
    Sha256Key: Sha256, 64;
    Sha512Key: Sha512, 128;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_pieces_is_the_key_in_one_whatever_its_length() {
        let secret = [b'k'; 300];
        for length in 0..300 {
            let (one, other) = secret[..length].split_at(length / 3);
            let (pieces, whole) = ([one, b"&", other], [one, b"&", other].concat());
            let sha1 = Hmac::<Sha1>::new_from_slice(&whole).unwrap().chain_update(b"text");
            assert_eq!(Sha1Key::new(pieces).mac(b"text"), sha1.finalize().into_bytes());
            let sha256 = Hmac::<Sha256>::new_from_slice(&whole).unwrap().chain_update(b"text");
            assert_eq!(Sha256Key::new(pieces).mac(b"text"), sha256.finalize().into_bytes());
            let sha512 = Hmac::<Sha512>::new_from_slice(&whole).unwrap().chain_update(b"text");
            assert_eq!(Sha512Key::new(pieces).mac(b"text"), sha512.finalize().into_bytes());
        }
    }
}
