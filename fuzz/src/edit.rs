//! Changes to bytes that are valid as they are.

use arbitrary::Arbitrary;

/// One change; a place behind the end counts from the start again.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Edit {
    /// Another byte in this place.
    Put(u16, u8),
    /// One bit of this place.
    Flip(u16, u8),
    /// One byte more.
    Insert(u16, u8),
    /// One byte less.
    Remove(u16),
    /// Nothing from here on.
    Cut(u16),
    /// What stands here, twice.
    Repeat(u16, u8),
}

/// `bytes` with all edits made.
pub fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        let length = bytes.len();
        let at = |place: u16| usize::from(place) % length.max(1);
        match *edit {
            Edit::Insert(place, byte) => bytes.insert(at(place), byte),
            _ if length == 0 => {}
            Edit::Put(place, byte) => bytes[at(place)] = byte,
            Edit::Flip(place, bit) => bytes[at(place)] ^= 1 << (bit % 8),
            Edit::Remove(place) => drop(bytes.remove(at(place))),
            Edit::Cut(place) => bytes.truncate(at(place)),
            Edit::Repeat(place, count) => {
                let part = bytes[at(place)..].iter().copied().take(usize::from(count)).collect();
                let part: Vec<u8> = part;
                bytes.splice(at(place)..at(place), part);
            }
        }
    }
    bytes
}
