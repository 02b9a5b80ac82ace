//! `WWW-Authenticate`: what a protected resource asks for (RFC 9110 §11.6.1, RFC 6750 §3).

use std::collections::HashSet;

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use protocol_core::Error;

/// One challenge (RFC 9110 §11.3). Every text is the server's own: escape it before showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// The scheme, in lower case: `bearer`, `dpop`, `basic`.
    pub scheme: String,
    /// The one value of schemes that have no parameters (`Negotiate`).
    pub token68: Option<String>,
    /// The parameters in order, names in lower case, quotes undone.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges in all `WWW-Authenticate` fields of a response; none where there is no field.
    ///
    /// # Errors
    /// As [`Challenge::parse`].
    pub fn from_headers(headers: &HeaderMap) -> Result<Vec<Challenge>, Error> {
        let lines: Vec<_> = headers.get_all(WWW_AUTHENTICATE).iter().collect();
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        Self::parse(&lines)
    }

    /// The challenges in these field lines, in order; they are one list (RFC 9110 §5.3). Takes time
    /// linear in the input.
    ///
    /// # Errors
    /// [`Error::Protocol`], code `malformed`, for what is no list of at least one challenge: a value
    /// that is neither token nor quoted string, a parameter twice in one challenge (RFC 9110 §11.2);
    /// and for more than 64 KiB.
    pub fn parse<L: AsRef<[u8]>>(lines: &[L]) -> Result<Vec<Challenge>, Error> {
        let lines: Vec<&[u8]> = lines.iter().map(AsRef::as_ref).collect();
        let size = lines.iter().map(|line| line.len()).sum::<usize>();
        if size > MOST_BYTES {
            let got = format!("{size} bytes");
            return Err(Error::protocol("malformed", WHAT, "at most 64 KiB", got));
        }
        let mut input = Input { text: &lines.join(&b", "[..]), at: 0 };
        let mut challenges = Vec::new();
        input.skip_separators();
        while !input.is_at_end() {
            challenges.push(input.challenge()?);
            input.skip_separators();
        }
        if challenges.is_empty() {
            return Err(input.malformed("a challenge"));
        }
        Ok(challenges)
    }

    /// The parameter of this name, in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, value)| &**value)
    }
}

struct Input<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    /// `auth-scheme [ 1*SP ( token68 / #auth-param ) ]`, up to the comma behind it or the end.
    fn challenge(&mut self) -> Result<Challenge, Error> {
        let scheme = self.token().ok_or_else(|| self.malformed("a scheme"))?;
        let mut challenge = Challenge { scheme: lower(scheme), token68: None, params: Vec::new() };
        let spaces = self.take_while(is_space).len();
        if spaces == 0 {
            return self.end_of_element().map(|()| challenge);
        }
        if let Some(token68) = self.token68() {
            challenge.token68 = Some(text(token68));
            return Ok(challenge);
        }
        let mut names = HashSet::new();
        let mut is_first = true;
        loop {
            let before = self.at;
            self.skip_separators();
            let has_comma = self.text[before..self.at].contains(&b',');
            match self.param_name() {
                Some(name) if is_first || has_comma => {
                    let value = self.value()?;
                    if !names.insert(name.clone()) {
                        return Err(self.malformed("each parameter once"));
                    }
                    challenge.params.push((name, value));
                }
                // Without a comma in between, this is neither a parameter nor another challenge.
                _ if !self.is_at_end() && !has_comma => return Err(self.malformed("a comma")),
                _ => return Ok(challenge),
            }
            is_first = false;
        }
    }

    /// `token BWS "=" BWS`; nothing is taken where it is another challenge's scheme.
    fn param_name(&mut self) -> Option<String> {
        let start = self.at;
        let name = self.token().map(lower);
        self.take_while(is_space);
        if name.is_none() || self.peek() != Some(b'=') {
            self.at = start;
            return None;
        }
        self.at += 1;
        self.take_while(is_space);
        name
    }

    /// `token / quoted-string`.
    fn value(&mut self) -> Result<String, Error> {
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        self.token().map(text).ok_or_else(|| self.malformed("a token or a quoted string"))
    }

    fn quoted(&mut self) -> Result<String, Error> {
        self.at += 1;
        let mut value = Vec::new();
        loop {
            let mut byte = self.next().ok_or_else(|| self.malformed("a closing quote"))?;
            if byte == b'"' {
                return Ok(text(&value));
            }
            if byte == b'\\' {
                byte = self.next().ok_or_else(|| self.malformed("a character behind \\"))?;
            }
            if (byte < b' ' && byte != b'\t') || byte == 0x7f {
                return Err(self.malformed("no control characters"));
            }
            value.push(byte);
        }
    }

    /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, if it fills the list element;
    /// otherwise nothing is taken.
    fn token68(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        let is_first = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        let length = self.take_while(is_first).len();
        self.take_while(|byte| byte == b'=');
        let taken = &self.text[start..self.at];
        if length == 0 || self.end_of_element().is_err() {
            self.at = start;
            return None;
        }
        Some(taken)
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        let is_tchar = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        Some(self.take_while(is_tchar)).filter(|token| !token.is_empty())
    }

    fn end_of_element(&mut self) -> Result<(), Error> {
        self.take_while(is_space);
        match self.peek() {
            None | Some(b',') => Ok(()),
            Some(_) => Err(self.malformed("a comma or the end")),
        }
    }

    /// Empty list elements are nothing (RFC 9110 §5.6.1.2).
    fn skip_separators(&mut self) {
        self.take_while(|byte| is_space(byte) || byte == b',');
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn malformed(&self, expected: &'static str) -> Error {
        let got = match self.peek() {
            None => "the end".to_owned(),
            Some(_) => format!("something else at byte {}", self.at),
        };
        Error::protocol("malformed", WHAT, expected, got)
    }
}

const WHAT: &str = "WWW-Authenticate";

/// The most that is read of all fields together.
const MOST_BYTES: usize = 64 * 1024;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn lower(token: &[u8]) -> String {
    text(token).to_ascii_lowercase()
}

/// Bytes beyond ASCII are UTF-8 where they can be, else ISO 8859-1 (RFC 9110 §5.5).
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn parse(line: &str) -> Result<Vec<Challenge>, Error> {
        Challenge::parse(&[line])
    }

    #[test]
    fn all_fields_of_a_response_are_one_list() {
        let mut headers = HeaderMap::new();
        assert_eq!(Challenge::from_headers(&headers).unwrap(), []);
        let bearer = HeaderValue::from_static(r#"Bearer Error="invalid_token""#);
        headers.append(WWW_AUTHENTICATE, bearer);
        headers
            .append(WWW_AUTHENTICATE, HeaderValue::from_static("DPoP algs=ES256, Negotiate a=="));
        let all = Challenge::from_headers(&headers).unwrap();
        let schemes: Vec<_> = all.iter().map(|challenge| &*challenge.scheme).collect();
        assert_eq!(schemes, ["bearer", "dpop", "negotiate"]);
        assert_eq!(all[0].param("error"), Some("invalid_token"));
        assert_eq!(all[1].param("algs"), Some("ES256"));
        assert_eq!(all[1].param("error"), None);
        assert_eq!(all[2].token68.as_deref(), Some("a=="));
    }

    #[test]
    fn spaces_around_the_equals_sign_and_empty_elements_are_read_over() {
        let all = parse(", Bearer ,, realm \t= \"x\" ,, a=b ,Basic,").unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].param("realm"), all[0].param("a")), (Some("x"), Some("b")));
        assert_eq!((&*all[1].scheme, all[1].params.len()), ("basic", 0));
    }

    #[test]
    fn bytes_beyond_ascii_are_utf8_or_latin_1() {
        let all = Challenge::parse(&[&b"Bearer a=\"caf\xe9\", b=\"\xc3\xa9\""[..]]).unwrap();
        assert_eq!((all[0].param("a"), all[0].param("b")), (Some("café"), Some("é")));
    }

    #[test]
    fn what_is_no_list_of_challenges_is_refused() {
        for line in [
            "",
            " , ",
            "???",
            "Bearer ???",
            "Bearer realm=\"x",
            "Bearer realm=\"x\\",
            "Bearer realm=\"x\"y",
            "Bearer realm=\"x\" error=\"y\"",
            "Bearer realm=x y=z",
            "Bearer realm=x, realm=y",
            "Bearer realm=x, REALM=y",
            "Bearer realm=https://a.example/",
            "Bearer realm=x, =y",
            "Bearer realm=\"a\u{1}b\"",
            "Bearer=x",
            "Bearer/1",
            "Negotiate abc== def==",
            "Bearer a= , b=",
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.code(), "malformed", "{line:?}");
        }
    }

    #[test]
    fn refusal_b1_a_hostile_field_takes_linear_time() {
        const MANY: usize = 10_000;
        let begin = Instant::now();
        for line in [
            format!("Bearer {}", ", ".repeat(MANY)),
            format!("Bearer {}", " ".repeat(MANY)),
            format!("Bearer realm=\"{}", "a\\".repeat(MANY)),
            format!("Bearer {}", "a ".repeat(MANY)),
            format!("Bearer {}", "a".repeat(MANY)),
            "a, ".repeat(MANY),
            "a b, ".repeat(MANY),
            (0..MANY / 10).fold("Bearer x=y".to_owned(), |line, n| format!("{line}, a{n}=b")),
            format!("Bearer a{}", "=".repeat(MANY)),
            "\"".repeat(MANY),
        ] {
            if let Err(error) = parse(&line) {
                assert!(error.to_string().len() < 1000);
            }
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        let realm_of = |size| format!("Bearer realm=\"{}\"", "a".repeat(size - 15));
        assert_eq!(parse(&realm_of(MOST_BYTES)).unwrap().len(), 1);
        let error = parse(&realm_of(MOST_BYTES + 1)).unwrap_err();
        assert_eq!(error.code(), "malformed");
        assert!(error.to_string().contains("at most 64 KiB"), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(lines in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
            if let Ok(all) = Challenge::parse(&lines) {
                prop_assert!(!all.is_empty());
            }
        }

        #[test]
        fn what_is_written_is_read_back(
            scheme in "[a-z]{1,8}",
            params in prop::collection::hash_map("[a-z]{1,8}", "[ -~é]{0,12}", 1..5),
        ) {
            let params: Vec<(String, String)> = params.into_iter().collect();
            let quote = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
            let written: Vec<_> =
                params.iter().map(|(name, value)| format!("{name}=\"{}\"", quote(value))).collect();
            let line = format!("{scheme} {}", written.join(", "));
            let expected = Challenge { scheme, token68: None, params };
            prop_assert_eq!(parse(&line).unwrap(), vec![expected]);
        }
    }
}
