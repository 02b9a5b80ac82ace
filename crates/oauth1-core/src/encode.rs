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

    /// Appends `bytes` in base64 with padding (RFC 4648 §4), percent-encoded.
    pub(crate) fn base64_once(&mut self, bytes: &[u8]) {
        let room = self.room(bytes.len() * 4 + WINDOW);
        let mut at = 0;
        let (groups, rest) = bytes.as_chunks::<3>();
        for group in groups {
            let Some(window) = window(room, at) else { break };
            at += put(window, &digits(*group), &ONCE);
        }
        self.at += at;
        match *rest {
            [a] => {
                self.once(&digits([a, 0, 0])[..2]);
                self.push(b"%3D%3D");
            }
            [a, b] => {
                self.once(&digits([a, b, 0])[..3]);
                self.push(b"%3D");
            }
            _ => {}
        }
    }

    /// Appends bytes one by one, at most `most` of them, by the table.
    pub(crate) fn each(&mut self, mut bytes: impl Iterator<Item = u8>, most: usize, table: &Table) {
        let room = self.room(most * LONGEST + WINDOW);
        let mut at = 0;
        while let Some(window) = window(room, at) {
            let mut eight = [0; 8];
            let mut count = 0;
            for place in &mut eight {
                let Some(byte) = bytes.next() else { break };
                *place = byte;
                count += 1;
            }
            at += put(window, &eight[..count], table);
            if count < 8 {
                break;
            }
        }
        self.at += at;
    }

    /// Appends `name=value`, percent-encoded, and the result percent-encoded again.
    pub(crate) fn pair_twice(&mut self, name: &[u8], value: &[u8]) {
        let room = self.room((name.len() + value.len()) * LONGEST + 2 * WINDOW);
        let mut at = encode(room, 0, name, &TWICE);
        if let Some(window) = window(room, at) {
            window[..3].copy_from_slice(b"%3D");
            at += 3;
        }
        self.at += encode(room, at, value, &TWICE);
    }

    fn encode(&mut self, text: &[u8], table: &Table) {
        let room = self.room(text.len() * LONGEST + WINDOW);
        self.at += encode(room, 0, text, table);
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

/// What each byte becomes.
pub(crate) struct Table {
    /// Its text in the order of a little-endian number, whose highest byte is the text's length.
    becomes: [u64; 256],
    /// 0 if that is the byte itself, else 1.
    changes: [u8; 256],
}

/// The most bytes that one becomes.
const LONGEST: usize = 5;

/// How much more than needed the buffer grows by, so that it does so seldom.
const SLACK: usize = 512;

/// What eight bytes may become, and the rest of the last one's entry.
const WINDOW: usize = 8 * LONGEST + 8;

/// A byte percent-encoded: itself or `%XX`.
pub(crate) static ONCE: Table = Table::new(b"%", false);

/// A byte percent-encoded twice: itself or `%25XX`.
pub(crate) static TWICE: Table = Table::new(b"%25", false);

/// A byte in lower case, percent-encoded.
static LOWER: Table = Table::new(b"%", true);

fn window(room: &mut [u8], at: usize) -> Option<&mut [u8; WINDOW]> {
    room.get_mut(at..)?.first_chunk_mut()
}

/// Writes text by the table from `at` on, and says where it ends. It takes eight bytes at a time;
/// which of them change is no branch, for that would be guessed wrong often.
#[inline(always)]
fn encode(room: &mut [u8], mut at: usize, text: &[u8], table: &Table) -> usize {
    let (chunks, rest) = text.as_chunks::<8>();
    for chunk in chunks {
        let Some(window) = window(room, at) else { break };
        at += put(window, chunk, table);
    }
    if let Some(window) = window(room, at) {
        at += put(window, rest, table);
    }
    at
}

/// Writes up to eight bytes by the table, and says how long that is.
#[inline(always)]
fn put(window: &mut [u8; WINDOW], bytes: &[u8], table: &Table) -> usize {
    let mut at = 0;
    for byte in bytes {
        let entry = table.becomes[usize::from(*byte)];
        // Never so for eight bytes, and tells the compiler that no store is out of bounds.
        if at > WINDOW - 8 {
            break;
        }
        window[at..at + 8].copy_from_slice(&entry.to_le_bytes());
        at += (entry >> 56) as usize;
    }
    at
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

/// Three bytes in base64.
#[inline(always)]
fn digits([a, b, c]: [u8; 3]) -> [u8; 4] {
    let digit = |six: u8| BASE64[usize::from(six & 63)];
    [digit(a >> 2), digit(a << 4 | b >> 4), digit(b << 2 | c >> 6), digit(c)]
}

static BASE64: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Table {
    const fn new(escape: &[u8], lower_case: bool) -> Self {
        const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
        let mut table = Table { becomes: [0; 256], changes: [1; 256] };
        let mut byte = 0;
        while byte < 256 {
            let b = if lower_case { (byte as u8).to_ascii_lowercase() } else { byte as u8 };
            let mut entry = [0; 8];
            if is_unreserved(b) {
                entry[0] = b;
                entry[7] = 1;
                table.changes[byte] = (b != byte as u8) as u8;
            } else {
                let mut at = 0;
                while at < escape.len() {
                    entry[at] = escape[at];
                    at += 1;
                }
                entry[at] = DIGITS[byte >> 4];
                entry[at + 1] = DIGITS[byte & 15];
                entry[7] = at as u8 + 2;
            }
            table.becomes[byte] = u64::from_le_bytes(entry);
            byte += 1;
        }
        table
    }
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
    text.iter().fold(0, |any, byte| any | ONCE.changes[usize::from(*byte)]) == 0
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
