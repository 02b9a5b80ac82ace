//! A time as providers write it: NumericDate (RFC 7519 §2), the same as a text, or RFC 3339.

use protocol_core::UnixTime;
use serde_json::Value;

/// The time that a claim names, in whole seconds, if it can be read. A time before the epoch is the
/// epoch.
pub(super) fn lenient(value: &Value) -> Option<UnixTime> {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(seconds) => Some(UnixTime::from_seconds(seconds)),
            // The cast saturates at both ends.
            None => Some(UnixTime::from_seconds(number.as_f64()? as u64)),
        },
        Value::String(text) => {
            text.parse().ok().map(UnixTime::from_seconds).or_else(|| rfc3339(text))
        }
        _ => None,
    }
}

/// The time that an RFC 3339 text names: `2024-02-29T12:00:00.5+01:00`.
fn rfc3339(text: &str) -> Option<UnixTime> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let separated = separators.iter().all(|(at, b)| bytes.get(*at) == Some(b))
        && matches!(bytes.get(10), Some(b'T' | b't' | b' '));
    if !separated {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let ranges = (1..=12).contains(&month) && (1..=31).contains(&day);
    if !ranges || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = text.get(19..)?;
    let zone = match zone.strip_prefix('.') {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => zone,
    };
    let at = text.len() - zone.len();
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let minutes = number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    u64::try_from(seconds - offset * 60).ok().map(UnixTime::from_seconds)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that
/// the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    const FROM_MARCH_OF_YEAR_0: i64 = 719_468;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - FROM_MARCH_OF_YEAR_0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_numeric_texts_and_rfc_3339_are_read_and_nothing_else() {
        let table = [
            (json!(1_700_000_000), Some(1_700_000_000)),
            (json!(1.7e9), Some(1_700_000_000)),
            (json!(-5), Some(0)),
            (json!("1700000000"), Some(1_700_000_000)),
            (json!("2023-11-14T22:13:20.000Z"), Some(1_700_000_000)),
            (json!("2023-11-14T23:13:20+01:00"), Some(1_700_000_000)),
            (json!("2023-11-14 17:43:20.5-04:30"), Some(1_700_000_000)),
            (json!("2024-02-29T00:00:00Z"), Some(1_709_164_800)),
            (json!("2000-03-01T00:00:00z"), Some(951_868_800)),
            (json!("1970-01-01T00:00:00Z"), Some(0)),
            (json!("1969-12-31T23:59:59Z"), None),
            (json!("yesterday"), None),
            (json!("2023-11-14"), None),
            (json!("2023-13-14T22:13:20Z"), None),
            (json!("2023-11-14T24:13:20Z"), None),
            (json!("2023-11-14T22:13:20"), None),
            (json!("2023-11-14T22:13:20+\u{e9}:00"), None),
            (json!("\u{e9}023-11-14T22:13:20Z"), None),
            (json!(""), None),
            (json!(true), None),
            (json!([1]), None),
        ];
        for (value, expected) in table {
            assert_eq!(lenient(&value), expected.map(UnixTime::from_seconds), "{value}");
        }
    }
}
