//! The two INTEGERs of an RSAPublicKey (RFC 8017 §A.1.1), as both libraries hand it out.

use super::Refused;

/// Modulus and exponent, big-endian without leading zeros.
pub(super) fn rsa_public_key(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    let (body, rest) = element(der, 0x30)?;
    let (n, body) = element(body, 0x02)?;
    let (e, body) = element(body, 0x02)?;
    if !rest.is_empty() || !body.is_empty() {
        return Err(Refused);
    }
    Ok((unsigned(n), unsigned(e)))
}

fn unsigned(integer: &[u8]) -> Vec<u8> {
    integer.strip_prefix(&[0]).unwrap_or(integer).to_vec()
}

/// The content of the first element, which must have this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), Refused> {
    let [found, first, rest @ ..] = der else { return Err(Refused) };
    if *found != tag {
        return Err(Refused);
    }
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long => {
            let count = usize::from(long & 0x7f);
            if count == 0 || count > 4 || count > rest.len() {
                return Err(Refused);
            }
            let (digits, rest) = rest.split_at(count);
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    rest.split_at_checked(length).ok_or(Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_integers_are_read_and_anything_else_is_refused() {
        let der = [0x30, 0x09, 0x02, 0x02, 0x00, 0xc1, 0x02, 0x03, 1, 0, 1];
        assert_eq!(rsa_public_key(&der), Ok((vec![0xc1], vec![1, 0, 1])));
        for length in 0..der.len() {
            assert_eq!(rsa_public_key(&der[..length]), Err(Refused), "{length}");
        }
        assert_eq!(rsa_public_key(&[&der[..], &[0]].concat()), Err(Refused));
        assert_eq!(rsa_public_key(&[0x30, 0x85, 1, 1, 1, 1, 1]), Err(Refused));
    }
}
