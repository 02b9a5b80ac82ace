//! Where a bearer token goes on a request (RFC 6750 §2).

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Uri};
use oauth2_core::TokenType;
use protocol_core::{AccessToken, Error, percent};

use crate::body::Body;

/// The three ways of RFC 6750.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TokenPlacement {
    /// The `Authorization` header (§2.1).
    #[default]
    Header,
    /// The parameter `access_token` of a form body (§2.2).
    Body,
    /// The parameter `access_token` of the query (§2.3): servers log it.
    Query,
}

impl TokenPlacement {
    /// Puts the token on the request.
    ///
    /// # Errors
    /// [`Error::Config`] where the token is to go into a body that is no form of bytes.
    pub(crate) fn place(
        self,
        request: &mut Request<Body>,
        token: &AccessToken,
    ) -> Result<(), Error> {
        match self {
            TokenPlacement::Header => {
                let value = TokenType::Bearer.authorization(token)?;
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            TokenPlacement::Body => {
                let form = request.body().as_bytes().filter(|_| is_form(request.headers()));
                let Some(form) = form.and_then(|form| std::str::from_utf8(form).ok()) else {
                    let problem = "expected a form of bytes as body, for the token goes into it";
                    return Err(Error::config("token_placement", problem));
                };
                *request.body_mut() = Body::from(with_token(form, token));
            }
            TokenPlacement::Query => {
                let uri = request.uri();
                let query = with_token(uri.query().unwrap_or_default(), token);
                *request.uri_mut() = with_query(uri, &query)?;
                // RFC 6750 §2.3: the client should say so.
                let no_store = HeaderValue::from_static("no-store");
                request.headers_mut().insert(CACHE_CONTROL, no_store);
            }
        }
        Ok(())
    }
}

/// Whether the content is a form by its type; its parameters (a charset) do not matter.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// A form or a query without the parameters of these names, the others as they were written.
pub(crate) fn without(form: &str, named: impl Fn(&str) -> bool) -> String {
    let keeps = |pair: &&str| {
        let name = percent::form_pairs(pair.as_bytes()).next().map(|(name, _)| named(&name));
        !name.unwrap_or(false)
    };
    form.split('&').filter(keeps).collect::<Vec<_>>().join("&")
}

/// A form or a query with the token, once.
fn with_token(form: &str, token: &AccessToken) -> String {
    let others = without(form, |name| name == ACCESS_TOKEN);
    let glue = if others.is_empty() { "" } else { "&" };
    format!("{others}{glue}{}", percent::form_body([(ACCESS_TOKEN, token.expose())]))
}

fn with_query(uri: &Uri, query: &str) -> Result<Uri, Error> {
    let wrong = || Error::config("url", "expected a shorter one");
    let target = PathAndQuery::try_from(format!("{}?{query}", uri.path())).map_err(|_| wrong())?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).map_err(|_| wrong())
}

/// The parameter's name (RFC 6750 §2.2, §2.3).
pub(crate) const ACCESS_TOKEN: &str = "access_token";

#[cfg(test)]
mod tests {
    use super::*;

    fn post(uri: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
        let request = Request::post(uri).header(CONTENT_TYPE, media_type);
        request.body(body.into()).unwrap()
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn the_token_goes_to_one_place_once() {
        let token = AccessToken::from("a+b");
        let new =
            || post("https://a.example/p?x=%20&access_token=old", FORM, "y=1&access%5Ftoken=old");

        let mut request = new();
        TokenPlacement::Header.place(&mut request, &token).unwrap();
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer a+b");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        assert_eq!(request.uri(), new().uri());

        let mut request = new();
        TokenPlacement::Body.place(&mut request, &token).unwrap();
        assert_eq!(request.body().as_bytes().unwrap(), "y=1&access_token=a%2Bb");
        assert!(!request.headers().contains_key(AUTHORIZATION));

        let mut request = new();
        TokenPlacement::Query.place(&mut request, &token).unwrap();
        assert_eq!(request.uri(), "https://a.example/p?x=%20&access_token=a%2Bb");
        assert_eq!(request.headers()[CACHE_CONTROL], "no-store");

        let mut bare = post("https://a.example", FORM, "");
        TokenPlacement::Query.place(&mut bare, &token).unwrap();
        assert_eq!(bare.uri(), "https://a.example/?access_token=a%2Bb");
        TokenPlacement::Body.place(&mut bare, &token).unwrap();
        assert_eq!(bare.body().as_bytes().unwrap(), "access_token=a%2Bb");
    }

    #[test]
    fn a_body_that_is_no_form_of_bytes_takes_no_token() {
        let end = |_: &mut std::task::Context<'_>| std::task::Poll::Ready(None);
        for mut request in [
            post("https://a.example/", "application/json", "{}"),
            post("https://a.example/", FORM, Body::from_chunks(end)),
            post("https://a.example/", FORM, vec![0xff]),
            Request::get("https://a.example/").body(Body::empty()).unwrap(),
        ] {
            let error = TokenPlacement::Body.place(&mut request, &"t".into()).unwrap_err();
            assert!(error.to_string().contains("token_placement"), "{error}");
        }
        let typed = "Application/X-WWW-Form-Urlencoded ; charset=utf-8";
        let mut request = post("https://a.example/", typed, "");
        assert!(TokenPlacement::Body.place(&mut request, &"t".into()).is_ok());
    }
}
