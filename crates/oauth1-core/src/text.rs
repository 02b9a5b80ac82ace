//! Names and values as requests carry them: form-encoded or as they are (RFC 5849 §3.4.1.3).
//!
//! Sorting by the encoded text does not need that text: `%` is smaller than every unreserved byte,
//! and upper-case hex sorts as the bytes do, so [`RANK`] orders the bytes themselves as their
//! encodings.

use std::cmp::Ordering;

use crate::encode::{ONCE, TWICE, Writer, is_unreserved, little_endian};

/// A name or a value, as it is or form-encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    pub(crate) const EMPTY: Text<'static> = Text { bytes: b"", escaped: false };

    /// Text as it is.
    #[inline(always)]
    pub(crate) fn plain(bytes: &'a [u8]) -> Self {
        Text { bytes, escaped: false }
    }

    /// Form-encoded text: `+` is a space, `%XX` a byte; a `%` that begins no escape is itself.
    #[inline]
    fn form(bytes: &'a [u8]) -> Self {
        let escaped = bytes.iter().fold(false, |any, byte| any | matches!(byte, b'+' | b'%'));
        Text { bytes, escaped }
    }

    /// The bytes that it stands for.
    pub(crate) fn decoded(self) -> impl Iterator<Item = u8> + use<'a> {
        Decoded { rest: self.bytes, escaped: self.escaped }
    }

    /// Its bytes, unless they are form-encoded.
    #[inline]
    pub(crate) fn as_plain(self) -> Option<&'a [u8]> {
        (!self.escaped).then_some(self.bytes)
    }

    /// Appends the bytes that it stands for, percent-encoded twice.
    pub(crate) fn write_twice(self, out: &mut Writer) {
        if self.escaped {
            out.each(self.decoded(), self.bytes.len(), &TWICE);
        } else {
            out.twice(self.bytes);
        }
    }

    /// Appends the bytes that it stands for, percent-encoded once.
    pub(crate) fn write_once(self, out: &mut Writer) {
        out.each(self.decoded(), self.bytes.len(), &ONCE);
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

    /// Its first eight bytes.
    #[inline(always)]
    pub(crate) fn prefix(self) -> Prefix {
        if self.escaped {
            let mut eight = [0; 8];
            eight.iter_mut().zip(self.decoded()).for_each(|(place, byte)| *place = byte);
            return Prefix(u64::from_be_bytes(eight));
        }
        let short = || little_endian(self.bytes).swap_bytes();
        Prefix(self.bytes.first_chunk().map_or_else(short, |eight| u64::from_be_bytes(*eight)))
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

    /// How long it is, as it is written.
    pub(crate) fn len(self) -> usize {
        self.bytes.len()
    }
}

/// The first eight bytes of a text, big-endian, zeros behind a shorter one. Where two differ, so do
/// the texts, and in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix(u64);

impl Ord for Prefix {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let equal = (self.0 ^ other.0).leading_zeros() & !7;
        let differs = |prefix: u64| rank((prefix << (equal % 64)).to_be_bytes()[0]);
        differs(self.0).cmp(&differs(other.0))
    }
}

impl PartialOrd for Prefix {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The pairs of form-encoded text, in order; empty pieces between `&` are none.
pub(crate) fn form_pairs(text: &[u8]) -> impl Iterator<Item = (Text<'_>, Text<'_>)> {
    FormPairs(text)
}

struct FormPairs<'a>(&'a [u8]);

impl<'a> Iterator for FormPairs<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        while let [b'&', rest @ ..] = self.0 {
            self.0 = rest;
        }
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| *byte == b'&').unwrap_or(self.0.len());
        let (piece, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(match piece.iter().position(|byte| *byte == b'=') {
            Some(at) => (Text::form(&piece[..at]), Text::form(&piece[at + 1..])),
            None => (Text::form(piece), Text::EMPTY),
        })
    }
}

struct Decoded<'a> {
    rest: &'a [u8],
    escaped: bool,
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        if !self.escaped {
            return Some(first);
        }
        if let (b'%', [high, low, after @ ..]) = (first, rest) {
            let (high, low) = (HEX[usize::from(*high)], HEX[usize::from(*low)]);
            if (high | low) < 16 {
                self.rest = after;
                return Some(high << 4 | low);
            }
        }
        Some(if first == b'+' { b' ' } else { first })
    }
}

/// The value of a hexadecimal digit; 255 for what is none.
static HEX: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        table[digit as usize] = value;
        table[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    table
};

fn rank(byte: u8) -> u8 {
    RANK[usize::from(byte)]
}

/// The place of each byte in the order of the bytes' percent-encodings.
static RANK: [u8; 256] = {
    let mut table = [0; 256];
    let mut next = 0_u8;
    let mut pass = 0;
    while pass < 2 {
        let mut byte = 0;
        while byte < 256 {
            if is_unreserved(byte as u8) == (pass == 1) {
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

    #[test]
    fn bytes_sort_as_their_encodings() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let encoded = |byte: u8| protocol_core::percent::encode(&[b'x', byte]).into_owned();
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
