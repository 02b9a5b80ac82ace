//! Challenges that are read, written and read again are the same. Each line is a field.
#![no_main]

use fuzz::slow::write_challenge;
use libfuzzer_sys::fuzz_target;
use oauth2_core::Challenge;

fuzz_target!(|text: &[u8]| {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let Ok(challenges) = Challenge::parse(&lines) else { return };
    assert!(!challenges.is_empty());
    let written: Vec<String> = challenges.iter().map(write_challenge).collect();
    assert_eq!(Challenge::parse(&written).unwrap(), challenges);
    // Fields that are lists of their own are one list together.
    let alone = lines.iter().map(|line| Challenge::parse(&[line])).collect::<Result<Vec<_>, _>>();
    assert!(alone.is_err() || alone.unwrap().concat() == challenges);
});
