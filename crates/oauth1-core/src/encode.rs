//! Percent-encoding as signatures want it (RFC 5849 §3.6), on bytes, straight into one buffer.
//!
//! The signature base string encodes each parameter twice. Both passes are one here: an unreserved
//! byte stays, any other becomes `%25XX`. Nor does sorting by the encoded text need that text:
//! `%` is smaller than every unreserved byte, and upper-case hex sorts as the bytes do, so
//! [`RANK`] orders the bytes themselves as their encodings.

use std::cmp::Ordering;

/// Appends `text`, percent-encoded.
pub(crate) fn once(out: &mut Vec<u8>, text: &[u8]) {
    runs(out, text, &UNRESERVED, |out, byte| {
        let [high, low] = hex(byte);
        out.extend_from_slice(&[b'%', high, low]);
    });
}

/// Appends `text`, percent-encoded, and the result percent-encoded again.
pub(crate) fn twice(out: &mut Vec<u8>, text: &[u8]) {
    runs(out, text, &UNRESERVED, escape_twice);
}

/// Appends `text` in lower case, percent-encoded.
pub(crate) fn once_in_lower_case(out: &mut Vec<u8>, text: &[u8]) {
    runs(out, text, &LOWER_UNRESERVED, |out, byte| {
        if byte.is_ascii_uppercase() {
            out.push(byte.to_ascii_lowercase());
        } else {
            let [high, low] = hex(byte);
            out.extend_from_slice(&[b'%', high, low]);
        }
    });
}

/// Percent-encoded text as a `String`.
pub(crate) fn to_string(text: &str) -> String {
    protocol_core::percent::encode(text).into_owned()
}

/// A name or a value, as it is or form-encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    pub(crate) const EMPTY: Text<'static> = Text { bytes: b"", escaped: false };

    /// Text as it is.
    pub(crate) fn plain(bytes: &'a [u8]) -> Self {
        Text { bytes, escaped: false }
    }

    /// Form-encoded text: `+` is a space, `%XX` a byte; a `%` that begins no escape is itself.
    pub(crate) fn form(bytes: &'a [u8]) -> Self {
        Text { bytes, escaped: bytes.iter().any(|byte| matches!(byte, b'+' | b'%')) }
    }

    /// The bytes that it stands for.
    pub(crate) fn decoded(self) -> impl Iterator<Item = u8> + use<'a> {
        Decoded { rest: self.bytes, escaped: self.escaped }
    }

    /// Appends the bytes that it stands for, percent-encoded twice.
    pub(crate) fn write_twice(self, out: &mut Vec<u8>) {
        if !self.escaped {
            return twice(out, self.bytes);
        }
        for byte in self.decoded() {
            if UNRESERVED[usize::from(byte)] { out.push(byte) } else { escape_twice(out, byte) }
        }
    }

    /// Appends the bytes that it stands for, percent-encoded once.
    pub(crate) fn write_once(self, out: &mut Vec<u8>) {
        for byte in self.decoded() {
            once(out, &[byte]);
        }
    }

    /// The order of the percent-encoded texts (RFC 5849 §3.4.1.3.2).
    pub(crate) fn compare(self, other: Self) -> Ordering {
        if self.escaped || other.escaped {
            return self.decoded().map(rank).cmp(other.decoded().map(rank));
        }
        let differ = self.bytes.iter().zip(other.bytes).find(|(a, b)| a != b);
        match differ {
            Some((a, b)) => rank(*a).cmp(&rank(*b)),
            None => self.bytes.len().cmp(&other.bytes.len()),
        }
    }

    pub(crate) fn starts_with(self, prefix: &[u8]) -> bool {
        if self.escaped {
            let mut bytes = self.decoded();
            return prefix.iter().all(|byte| bytes.next() == Some(*byte));
        }
        self.bytes.starts_with(prefix)
    }

    pub(crate) fn is(self, text: &[u8]) -> bool {
        if self.escaped { self.decoded().eq(text.iter().copied()) } else { self.bytes == text }
    }

    /// The most bytes that [`Text::write_twice`] appends.
    pub(crate) fn most_twice(self) -> usize {
        self.bytes.len() * 5
    }
}

/// The pairs of form-encoded text, in order; empty pieces between `&` are none.
pub(crate) fn form_pairs(text: &[u8]) -> impl Iterator<Item = (Text<'_>, Text<'_>)> {
    text.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()).map(|piece| {
        match piece.iter().position(|byte| *byte == b'=') {
            Some(at) => (Text::form(&piece[..at]), Text::form(&piece[at + 1..])),
            None => (Text::form(piece), Text::EMPTY),
        }
    })
}

struct Decoded<'a> {
    rest: &'a [u8],
    escaped: bool,
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        if !self.escaped {
            return Some(first);
        }
        Some(match (first, rest) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    self.rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            (other, _) => other,
        })
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Appends the bytes that `stays` keeps in whole runs, and each other one by `escape`.
#[inline]
fn runs(out: &mut Vec<u8>, text: &[u8], stays: &[bool; 256], escape: impl Fn(&mut Vec<u8>, u8)) {
    let mut rest = text;
    loop {
        let run = rest.iter().position(|b| !stays[usize::from(*b)]).unwrap_or(rest.len());
        let (kept, after) = rest.split_at(run);
        out.extend_from_slice(kept);
        let Some((&byte, after)) = after.split_first() else { return };
        escape(out, byte);
        rest = after;
    }
}

#[inline]
fn escape_twice(out: &mut Vec<u8>, byte: u8) {
    let [high, low] = hex(byte);
    out.extend_from_slice(&[b'%', b'2', b'5', high, low]);
}

#[inline]
fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

fn rank(byte: u8) -> u8 {
    RANK[usize::from(byte)]
}

/// RFC 3986 §2.3.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

const LOWER_UNRESERVED: [bool; 256] = {
    let mut table = UNRESERVED;
    let mut byte = b'A';
    while byte <= b'Z' {
        table[byte as usize] = false;
        byte += 1;
    }
    table
};

/// The place of each byte in the order of the bytes' percent-encodings.
const RANK: [u8; 256] = {
    let mut table = [0; 256];
    let mut next = 0_u8;
    let mut pass = 0;
    while pass < 2 {
        let mut byte = 0;
        while byte < 256 {
            if UNRESERVED[byte] == (pass == 1) {
                table[byte] = next;
                next = next.wrapping_add(1);
            }
            byte += 1;
        }
        pass += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn encoding_twice_is_encoding_the_encoded() {
        for byte in 0..=255_u8 {
            let text = [b'a', byte, b'z'];
            let first = written(|out| once(out, &text));
            assert_eq!(first, protocol_core::percent::encode(&text[..]));
            let second = written(|out| once(out, first.as_bytes()));
            assert_eq!(written(|out| twice(out, &text)), second);
            assert_eq!(written(|out| Text::form(first.as_bytes()).write_twice(out)), second);
            assert_eq!(written(|out| Text::form(first.as_bytes()).write_once(out)), first);
        }
    }

    #[test]
    fn bytes_sort_as_their_encodings() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let encoded = |byte: u8| written(|out| once(out, &[b'x', byte]));
                let expected = encoded(a).cmp(&encoded(b));
                assert_eq!(Text::plain(&[b'x', a]).compare(Text::plain(&[b'x', b])), expected);
            }
        }
        assert_eq!(Text::plain(b"a").compare(Text::plain(b"a\0")), Ordering::Less);
        assert_eq!(Text::form(b"%61+").compare(Text::plain(b"a ")), Ordering::Equal);
    }

    #[test]
    fn a_percent_sign_that_begins_no_escape_is_itself() {
        for (form, text) in
            [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"), ("%+1", "% 1")]
        {
            let decoded: Vec<u8> = Text::form(form.as_bytes()).decoded().collect();
            assert_eq!(decoded, text.as_bytes(), "{form}");
        }
    }
}
