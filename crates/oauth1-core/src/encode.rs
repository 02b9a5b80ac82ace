//! Percent-encoding as signatures want it (RFC 5849 §3.6), on bytes, straight into one buffer.
//!
//! The signature base string encodes each parameter twice. Both passes are one here: an unreserved
//! byte stays, any other becomes `%25XX`.

/// Writes bytes one behind the other. The buffer is longer than what was written, so that an
/// encoded byte is one store of fixed size, whatever its length.
pub(crate) struct Writer {
    buffer: Vec<u8>,
    at: usize,
}

impl Writer {
    /// Writes into a buffer of its own.
    pub(crate) fn new() -> Self {
        Writer::over(Vec::new())
    }

    /// Writes over `buffer`, from its start.
    pub(crate) fn over(buffer: Vec<u8>) -> Self {
        Writer { buffer, at: 0 }
    }

    /// Makes room at once for `size` bytes in all.
    pub(crate) fn reserve(&mut self, size: usize) {
        self.buffer.reserve(size.saturating_sub(self.buffer.len()));
    }

    pub(crate) fn written(&self) -> &[u8] {
        &self.buffer[..self.at]
    }

    /// Forgets what was written, and goes on from the buffer's start.
    pub(crate) fn restart(&mut self) {
        self.at = 0;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.buffer.truncate(self.at);
        self.buffer
    }

    /// Appends `text` as it is.
    #[inline]
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.room(text.len())[..text.len()].copy_from_slice(text);
        self.at += text.len();
    }

    /// Appends `text`, percent-encoded.
    pub(crate) fn once(&mut self, text: &[u8]) {
        self.encode(text, &ONCE);
    }

    /// Appends `text`, percent-encoded, and the result percent-encoded again.
    pub(crate) fn twice(&mut self, text: &[u8]) {
        self.encode(text, &TWICE);
    }

    /// Appends `text` in lower case, percent-encoded.
    pub(crate) fn once_in_lower_case(&mut self, text: &[u8]) {
        self.encode(text, &LOWER);
    }

    /// Appends `text` in upper case, percent-encoded.
    pub(crate) fn once_in_upper_case(&mut self, text: &[u8]) {
        let start = self.at;
        self.once(text);
        self.buffer[start..self.at].make_ascii_uppercase();
    }

    /// Takes `end` back, if that is what was written last.
    pub(crate) fn take_back(&mut self, end: &[u8]) {
        self.at -= if self.written().ends_with(end) { end.len() } else { 0 };
    }

    /// Appends `bytes` in base64 with padding (RFC 4648 §4), percent-encoded.
    pub(crate) fn base64_once(&mut self, bytes: &[u8]) {
        let (groups, rest) = bytes.as_chunks::<3>();
        let mut room = self.room((groups.len() + 1) * 4 * LONGEST + WINDOW);
        for group in groups {
            room = put(room, &sixes(*group), &BASE64);
        }
        room = match *rest {
            [a] => {
                let [first, second, ..] = sixes([a, 0, 0]);
                put(room, &[first, second, PAD, PAD], &BASE64)
            }
            [a, b] => {
                let [first, second, third, _] = sixes([a, b, 0]);
                put(room, &[first, second, third, PAD], &BASE64)
            }
            _ => room,
        };
        let left = room.len();
        self.at = self.buffer.len() - left;
    }

    /// Appends bytes one by one, at most `most` of them, by the table.
    pub(crate) fn each(&mut self, bytes: impl Iterator<Item = u8>, most: usize, table: &Table) {
        let room = self.room(most * LONGEST + WINDOW);
        let left = bytes.fold(room, |room, byte| put(room, &[byte], table)).len();
        self.at = self.buffer.len() - left;
    }

    /// Appends `name=value&`, percent-encoded, and the result percent-encoded again.
    #[inline(always)]
    pub(crate) fn pair_twice(&mut self, name: &[u8], value: &[u8]) {
        let room = self.room((name.len() + value.len()) * LONGEST + 2 * WINDOW);
        let room = encode(room, name, &TWICE);
        let room = put(room, b"=", &ONCE);
        let room = encode(room, value, &TWICE);
        let left = put(room, b"&", &ONCE).len();
        self.at = self.buffer.len() - left;
    }

    fn encode(&mut self, text: &[u8], table: &Table) {
        let room = self.room(text.len() * LONGEST + WINDOW);
        let left = encode(room, text, table).len();
        self.at = self.buffer.len() - left;
    }

    #[inline]
    fn room(&mut self, size: usize) -> &mut [u8] {
        if self.buffer.len() - self.at < size {
            self.grow(size);
        }
        &mut self.buffer[self.at..]
    }

    #[inline(never)]
    fn grow(&mut self, size: usize) {
        let least = self.at + size;
        let ample = (least + SLACK).min(self.buffer.capacity());
        self.buffer.resize(ample.max(least), 0);
    }
}

/// What each byte becomes: its text in the order of a little-endian number, whose highest bits are
/// the text's length.
pub(crate) struct Table([u64; 256]);

/// How far right the length is in an entry: it has three bits, so that the compiler knows how far
/// some entries reach.
const LENGTH: u32 = 61;

/// The most bytes that one becomes.
const LONGEST: usize = 5;

/// How much more than needed the buffer grows by, so that it does so seldom.
const SLACK: usize = 512;

/// What eight bytes may become, as far as the compiler knows, and the rest of the last one's entry.
const WINDOW: usize = 8 * 7 + 8;

/// A byte percent-encoded: itself or `%XX`.
pub(crate) static ONCE: Table = Table::new(b"%", false);

/// A byte percent-encoded twice: itself or `%25XX`.
pub(crate) static TWICE: Table = Table::new(b"%25", false);

/// A byte in lower case, percent-encoded.
static LOWER: Table = Table::new(b"%", true);

/// Six bits, or [`PAD`], in base64 and percent-encoded.
static BASE64: Table = {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = Table([0; 256]);
    let mut six = 0;
    while six < 64 {
        table.0[six] = entry(DIGITS[six], b"%");
        six += 1;
    }
    table.0[PAD as usize] = entry(b'=', b"%");
    table
};

const PAD: u8 = 64;

/// Writes text by the table, and answers the room behind it. It takes eight bytes at a time; which
/// of them change is no branch, for that would be guessed wrong often.
#[inline(always)]
fn encode<'a>(mut room: &'a mut [u8], text: &[u8], table: &Table) -> &'a mut [u8] {
    let (eights, rest) = text.as_chunks::<8>();
    for eight in eights {
        room = put(room, eight, table);
    }
    put_rest(room, rest, table)
}

/// Writes less than eight bytes by the table, and answers the room behind them.
#[inline(always)]
fn put_rest<'a>(mut room: &'a mut [u8], bytes: &[u8], table: &Table) -> &'a mut [u8] {
    let (four, bytes) = bytes.as_chunks::<4>();
    let (two, one) = bytes.as_chunks::<2>();
    if let Some(four) = four.first() {
        room = put(room, four, table);
    }
    if let Some(two) = two.first() {
        room = put(room, two, table);
    }
    if let Some(one) = one.first() {
        room = put(room, &[*one], table);
    }
    room
}

/// Writes up to eight bytes by the table, and answers the room behind them.
#[inline(always)]
fn put<'a, const N: usize>(room: &'a mut [u8], bytes: &[u8; N], table: &Table) -> &'a mut [u8] {
    let Some(window) = room.first_chunk_mut::<WINDOW>() else { return room };
    let mut at = 0;
    for byte in bytes {
        let entry = table.0[usize::from(*byte)];
        window[at..at + 8].copy_from_slice(&entry.to_le_bytes());
        at += (entry >> LENGTH) as usize;
    }
    &mut room[at..]
}

/// Less than eight bytes as a little-endian number; of more, an arbitrary one.
#[inline(always)]
pub(crate) fn little_endian(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (length - 4) % 64);
    }
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 0 };
    let (middle, length) = (u64::from(bytes[length / 2]), length - 1);
    u64::from(*first) | middle << (8 * length.div_ceil(2)) | u64::from(*last) << (8 * length)
}

/// Three bytes, six bits at a time.
#[inline(always)]
fn sixes([a, b, c]: [u8; 3]) -> [u8; 4] {
    [a >> 2, a << 4 | b >> 4, b << 2 | c >> 6, c].map(|six| six & 63)
}

impl Table {
    const fn new(escape: &[u8], lower_case: bool) -> Self {
        let mut table = Table([0; 256]);
        let mut byte = 0;
        while byte < 256 {
            let b = byte as u8;
            table.0[byte] = entry(if lower_case { b.to_ascii_lowercase() } else { b }, escape);
            byte += 1;
        }
        table
    }
}

const fn entry(byte: u8, escape: &[u8]) -> u64 {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if is_unreserved(byte) {
        return byte as u64 | 1 << LENGTH;
    }
    let mut text = [0; 8];
    let mut at = 0;
    while at < escape.len() {
        text[at] = escape[at];
        at += 1;
    }
    text[at] = DIGITS[byte as usize >> 4];
    text[at + 1] = DIGITS[byte as usize & 15];
    u64::from_le_bytes(text) | (at as u64 + 2) << LENGTH
}

/// RFC 3986 §2.3.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Text that is written more than once; whether it needs encoding is found out once.
#[derive(Clone, Copy)]
pub(crate) struct Checked<'a> {
    text: &'a str,
    unreserved: bool,
}

impl<'a> Checked<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Checked { text, unreserved: is_unreserved_text(text.as_bytes()) }
    }

    /// Text of which this was found out before.
    pub(crate) fn known(text: &'a str, unreserved: bool) -> Self {
        Checked { text, unreserved }
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.text
    }

    /// Appends it, percent-encoded.
    pub(crate) fn write_once(self, out: &mut Writer) {
        let text = self.text.as_bytes();
        if self.unreserved { out.push(text) } else { out.once(text) }
    }

    /// Appends it, percent-encoded twice.
    pub(crate) fn write_twice(self, out: &mut Writer) {
        let text = self.text.as_bytes();
        if self.unreserved { out.push(text) } else { out.twice(text) }
    }
}

/// Whether percent-encoding leaves the text as it is.
pub(crate) fn is_unreserved_text(text: &[u8]) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    let any = |any, byte: &u8| any | ONCE.0[usize::from(*byte)];
    let any_of_eights = eights.iter().fold(1 << LENGTH, |all, eight| eight.iter().fold(all, any));
    rest.iter().fold(any_of_eights, any) >> LENGTH == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::form_pairs;

    fn written(write: impl Fn(&mut Writer)) -> String {
        let mut out = Writer::new();
        write(&mut out);
        String::from_utf8(out.finish()).unwrap()
    }

    #[test]
    fn encoding_twice_is_encoding_the_encoded() {
        for byte in 0..=255_u8 {
            for around in [1, 15, 40] {
                let text = [&b"a".repeat(around)[..], &[byte], &b"z".repeat(around)].concat();
                let first = written(|out| out.once(&text));
                assert_eq!(first, protocol_core::percent::encode(&text));
                let second = written(|out| out.once(first.as_bytes()));
                assert_eq!(written(|out| out.twice(&text)), second);
                let (form, _) = form_pairs(first.as_bytes()).next().unwrap();
                assert_eq!(written(|out| form.write_twice(out)), second);
                assert_eq!(written(|out| form.write_once(out)), first);
            }
        }
    }

    #[test]
    fn base64_is_that_of_the_library_percent_encoded() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(0x9d) ^ 0xf7).collect();
            let text = protocol_core::base64url::encode_standard(&bytes);
            let expected = protocol_core::percent::encode(&text);
            assert_eq!(written(|out| out.base64_once(&bytes)), expected);
        }
    }
}
