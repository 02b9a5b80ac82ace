//! The two percent-encodings that OAuth mixes: RFC 3986 (OAuth 1, RFC 5849 §3.6) and HTML forms
//! (`application/x-www-form-urlencoded`, RFC 6749 Appendix B).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::form_urlencoded;

/// All but the unreserved characters of RFC 3986 §2.3, upper-case hex (RFC 5849 §3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` with every byte but the unreserved ones of RFC 3986 as `%XX`.
pub fn encode(text: &(impl AsRef<[u8]> + ?Sized)) -> Cow<'_, str> {
    percent_encode(text.as_ref(), RESERVED).into()
}

/// The bytes that a percent-encoded text stands for; `+` stays a plus, a stray `%` stays as it is.
pub fn decode(text: &(impl AsRef<[u8]> + ?Sized)) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode(text.as_ref()).into()
}

/// `text` as one form-encoded name or value (RFC 6749 Appendix B), as HTTP Basic wants client
/// credentials (RFC 6749 §2.3.1).
pub fn form_encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Pairs as a form body or a query, in the order given; repeated names stay repeated.
pub fn form_body<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    // Most requests of these protocols fit.
    let text = String::with_capacity(512);
    form_urlencoded::Serializer::new(text).extend_pairs(pairs).finish()
}

/// The pairs of a form body or a query (without its `?`), in order. Any bytes can be read: what is
/// not UTF-8 becomes U+FFFD.
pub fn form_pairs(input: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unreserved_characters_alone_stay() {
        assert_eq!(encode("Ladies + Gentlemen"), "Ladies%20%2B%20Gentlemen");
        assert_eq!(encode("An encoded string!"), "An%20encoded%20string%21");
        assert_eq!(encode("Dogs, Cats & Mice"), "Dogs%2C%20Cats%20%26%20Mice");
        assert_eq!(encode("☃"), "%E2%98%83");
        assert_eq!(encode("AZaz09-._~"), "AZaz09-._~");
    }

    #[test]
    fn forms_write_a_space_as_plus_and_keep_repeats() {
        assert_eq!(form_encode("a b:c%+é"), "a+b%3Ac%25%2B%C3%A9");
        assert_eq!(form_body([("r", "1"), ("r", "2 3")]), "r=1&r=2+3");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(text in ".*", value in ".*") {
            let encoded = encode(&text);
            prop_assert_eq!(&*decode(&*encoded), text.as_bytes());
            let body = form_body([(&text, &value)]);
            let pairs: Vec<_> = form_pairs(body.as_bytes()).collect();
            prop_assert_eq!(pairs, vec![(Cow::from(&text), Cow::from(&value))]);
        }
    }
}
