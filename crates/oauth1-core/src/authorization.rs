//! The `Authorization` header's OAuth parameters, read (RFC 5849 §3.5.1).

use http::HeaderValue;
use protocol_core::{Error, Reason, percent};

/// The parameters of an `Authorization` header of the scheme `OAuth`, decoded, in their order;
/// `realm` is among them if it is there.
///
/// # Errors
/// [`Reason::MalformedRequest`] for another scheme and for anything that is not a list of
/// `name="value"`.
///
/// ```
/// let pairs = oauth1_core::authorization::parse(r#"OAuth realm="x", oauth_token="a%20b""#)?;
/// assert_eq!(pairs[1], ("oauth_token".to_owned(), "a b".to_owned()));
/// # Ok::<(), oauth1_core::Error>(())
/// ```
pub fn parse(header: &str) -> Result<Vec<(String, String)>, Error> {
    let malformed = |problem| Error::from(Reason::MalformedRequest(problem));
    let mut rest = after_scheme(header).ok_or(malformed("the scheme is not OAuth"))?;
    let mut pairs = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Ok(pairs);
        }
        let (name, after) =
            rest.split_once('=').ok_or(malformed("a header parameter has no value"))?;
        let quoted = after
            .trim_start_matches([' ', '\t'])
            .strip_prefix('"')
            .ok_or(malformed("a header parameter is not quoted"))?;
        let (value, after) =
            quoted.split_once('"').ok_or(malformed("a header parameter's quote is not closed"))?;
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return Err(malformed("header parameters are not parted by commas"));
        }
        let decode = |text: &str| {
            let bytes = percent::decode(text).into_owned();
            String::from_utf8(bytes).map_err(|_| malformed("a header parameter is not UTF-8"))
        };
        pairs.push((decode(name.trim_end_matches([' ', '\t']))?, decode(value)?));
    }
}

/// Whether the header's scheme is `OAuth`, in any case.
pub(crate) fn is_oauth(header: &HeaderValue) -> bool {
    header.to_str().is_ok_and(|text| after_scheme(text).is_some())
}

fn after_scheme(header: &str) -> Option<&str> {
    let (scheme, rest) = header.trim_start().split_once([' ', '\t'])?;
    scheme.eq_ignore_ascii_case("OAuth").then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_no_list_of_quoted_pairs_are_refused() {
        for header in [
            "",
            "OAuth",
            "Bearer abc",
            "OAuth oauth_token",
            "OAuth oauth_token=abc",
            "OAuth oauth_token=\"abc",
            "OAuth oauth_token=\"a\" oauth_nonce=\"b\"",
            "OAuth oauth_token=\"%ff\"",
            "OAuthoauth_token=\"a\"",
        ] {
            let error = parse(header).unwrap_err();
            assert_eq!(error.code(), "malformed_request", "{header}");
        }
    }

    #[test]
    fn white_space_and_the_case_of_the_scheme_are_free() {
        let pairs = parse("oauth  a = \"1\" ,\tb=\"x+%2B\",").unwrap();
        assert_eq!(pairs, [("a".into(), "1".into()), ("b".into(), "x++".into())]);
    }
}
