//! How a client shows who it is (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2, RFC 7591 §2
//! `token_endpoint_auth_method`).

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use protocol_core::{
    ClientSecret, Endpoint, Error, Flow, Rejection, UnixTime, base64url, flow, percent,
};

use crate::assertion::Assertion;
use crate::parameters;

/// How a client authenticates at the token endpoint and its neighbours.
#[derive(Clone, Debug)]
pub struct ClientAuthentication(Kind);

#[derive(Clone, Debug)]
enum Kind {
    None,
    Basic(ClientSecret),
    BasicRaw(ClientSecret),
    Post(ClientSecret),
    Assertion(Assertion),
    /// By the connection, under this name.
    Tls(&'static str),
}

impl ClientAuthentication {
    /// `none`: a public client, which names itself by `client_id` in the body (RFC 6749 §3.2.1).
    pub fn none() -> Self {
        ClientAuthentication(Kind::None)
    }

    /// `client_secret_basic`: HTTP Basic, identifier and secret each form-encoded first (RFC 6749
    /// §2.3.1).
    ///
    /// # Errors
    /// [`Error::Config`] for an empty secret.
    pub fn client_secret_basic(secret: impl Into<ClientSecret>) -> Result<Self, Error> {
        not_empty(secret.into()).map(|secret| ClientAuthentication(Kind::Basic(secret)))
    }

    /// `client_secret_basic` as RFC 7617 alone would have it, without the form-encoding: for servers
    /// that do not decode what RFC 6749 §2.3.1 encodes (the quirk `raw_basic`).
    ///
    /// # Errors
    /// [`Error::Config`] for an empty secret.
    pub fn client_secret_basic_raw(secret: impl Into<ClientSecret>) -> Result<Self, Error> {
        not_empty(secret.into()).map(|secret| ClientAuthentication(Kind::BasicRaw(secret)))
    }

    /// `client_secret_post`: identifier and secret in the body (RFC 6749 §2.3.1).
    ///
    /// # Errors
    /// [`Error::Config`] for an empty secret.
    pub fn client_secret_post(secret: impl Into<ClientSecret>) -> Result<Self, Error> {
        not_empty(secret.into()).map(|secret| ClientAuthentication(Kind::Post(secret)))
    }

    /// `private_key_jwt`: an assertion signed with the client's private key (RFC 7523 §2.2, OIDC
    /// Core §9). `sign` makes a compact JWS of the claims that it is given; the key may be wherever
    /// it likes.
    pub fn private_key_jwt(
        sign: impl Fn(&[u8]) -> Result<String, Error> + Send + Sync + 'static,
    ) -> Self {
        ClientAuthentication(Kind::Assertion(Assertion::new("private_key_jwt", sign)))
    }

    /// `client_secret_jwt`: the same, authenticated by the client secret (HS256 and its kin).
    pub fn client_secret_jwt(
        sign: impl Fn(&[u8]) -> Result<String, Error> + Send + Sync + 'static,
    ) -> Self {
        ClientAuthentication(Kind::Assertion(Assertion::new("client_secret_jwt", sign)))
    }

    /// `tls_client_auth`: the certificate of the connection, which an authority vouches for
    /// (RFC 8705 §2.1). The HTTP client shows it; the body names the client by `client_id`.
    pub fn tls_client_auth() -> Self {
        ClientAuthentication(Kind::Tls("tls_client_auth"))
    }

    /// `self_signed_tls_client_auth`: the same by a certificate that the client has registered
    /// (RFC 8705 §2.2).
    pub fn self_signed_tls_client_auth() -> Self {
        ClientAuthentication(Kind::Tls("self_signed_tls_client_auth"))
    }

    /// Makes assertions out to this audience, the issuer say. Default: the address that each is sent
    /// to, for whoever gets it is then the only one that can use it. Other ways to authenticate
    /// have none.
    #[must_use]
    pub fn with_audience(self, audience: impl Into<String>) -> Self {
        match self.0 {
            Kind::Assertion(assertion) => {
                ClientAuthentication(Kind::Assertion(assertion.with_audience(audience.into())))
            }
            other => ClientAuthentication(other),
        }
    }

    /// The registered name: `none`, `client_secret_basic`, `client_secret_post`,
    /// `client_secret_jwt`, `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth`.
    pub fn method(&self) -> &'static str {
        match &self.0 {
            Kind::None => "none",
            Kind::Basic(_) | Kind::BasicRaw(_) => "client_secret_basic",
            Kind::Post(_) => "client_secret_post",
            Kind::Assertion(assertion) => assertion.method(),
            Kind::Tls(name) => name,
        }
    }
}

/// A client as its server knows it: an identifier (RFC 6749 §2.2) and a way to authenticate.
#[derive(Clone, Debug)]
pub struct Client {
    client_id: String,
    authentication: ClientAuthentication,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// The client `client_id`, which authenticates so.
    ///
    /// # Errors
    /// [`Error::Config`] for an empty `client_id`, or one with a colon in raw Basic, where it would
    /// end the identifier.
    pub fn new(
        client_id: impl Into<String>,
        authentication: ClientAuthentication,
    ) -> Result<Self, Error> {
        let client_id = client_id.into();
        if client_id.is_empty() {
            return Err(Error::config("client_id", "expected an identifier, got an empty text"));
        }
        let authorization = match &authentication.0 {
            Kind::None | Kind::Post(_) | Kind::Assertion(_) | Kind::Tls(_) => None,
            Kind::Basic(secret) => {
                let (id, secret) = (&client_id, secret.expose());
                Some(basic(&percent::form_encode(id), &percent::form_encode(secret))?)
            }
            Kind::BasicRaw(_) if client_id.contains(':') => {
                return Err(Error::config(
                    "client_id",
                    "expected no colon with raw_basic, got one",
                ));
            }
            Kind::BasicRaw(secret) => Some(basic(&client_id, secret.expose())?),
        };
        Ok(Client { client_id, authentication, authorization })
    }

    /// The identifier.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// How it authenticates.
    pub fn authentication(&self) -> &ClientAuthentication {
        &self.authentication
    }

    /// An authenticated `POST` of `form` to the token endpoint or a neighbour of it. An assertion in
    /// it is good for a minute from `now`.
    ///
    /// # Errors
    /// Whatever keeps an assertion from being signed.
    pub fn post(
        &self,
        endpoint: &Endpoint,
        mut form: Vec<(String, String)>,
        now: UnixTime,
    ) -> Result<Request<Vec<u8>>, Error> {
        match &self.authentication.0 {
            Kind::None | Kind::Tls(_) => self.name_itself(&mut form),
            Kind::Post(secret) => {
                self.name_itself(&mut form);
                form.push(("client_secret".into(), secret.expose().to_owned()));
            }
            Kind::Assertion(assertion) => {
                self.name_itself(&mut form);
                form.extend(assertion.parameters(&self.client_id, endpoint, now)?);
            }
            Kind::Basic(_) | Kind::BasicRaw(_) => {}
        }
        let mut request = Request::new(parameters::form(&form).into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint.uri();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    /// One such `POST`, and what its answer means. The request is made when the conversation begins.
    pub(crate) fn exchange<T, R>(
        &self,
        endpoint: &Endpoint,
        form: &[(String, String)],
        read: R,
    ) -> impl Flow<Output = T> + Send + use<T, R>
    where
        R: FnOnce(&Response<Vec<u8>>, UnixTime) -> Result<T, Error> + Send,
    {
        let (client, endpoint, form) = (self.clone(), endpoint.clone(), form.to_vec());
        flow::done(()).and_then(move |(), now| {
            let request = client.post(&endpoint, form, now)?;
            Ok(flow::exchange(request, move |response, now| {
                read(&response, now).map_err(|error| client.explain(error))
            }))
        })
    }

    /// Adds `client_id`, where the form does not have it (a pushed authorization request does).
    fn name_itself(&self, form: &mut Vec<(String, String)>) {
        if !form.iter().any(|(name, _)| name == "client_id") {
            form.push(("client_id".into(), self.client_id.clone()));
        }
    }

    /// `error` with a word on what may help, where there is one.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match error {
            Error::Rejected(rejection) => Error::Rejected(self.hint(rejection)),
            other => other,
        }
    }

    fn hint(&self, rejection: Rejection) -> Rejection {
        match (&*rejection.code, &self.authentication.0) {
            ("invalid_client", Kind::Basic(_)) => rejection.with_hint(RAW_BASIC_HINT),
            _ => rejection,
        }
    }
}

fn not_empty(secret: ClientSecret) -> Result<ClientSecret, Error> {
    if secret.is_empty() {
        return Err(Error::config("client_secret", "expected a secret, got an empty text"));
    }
    Ok(secret)
}

fn basic(id: &str, secret: &str) -> Result<HeaderValue, Error> {
    let credentials = base64url::encode_standard(format!("{id}:{secret}"));
    let mut value = HeaderValue::try_from(format!("Basic {credentials}"))
        .map_err(|_| Error::config("client_secret", "expected credentials that fit a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

const RAW_BASIC_HINT: &str = "identifier and secret went form-encoded in Basic (RFC 6749 2.3.1); \
    for a server that does not decode them there is the quirk raw_basic, and client_secret_post";

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint::parse("token_endpoint", "https://idp.example/token").unwrap()
    }

    fn post(client: &Client, form: Vec<(String, String)>) -> Request<Vec<u8>> {
        client.post(&endpoint(), form, UnixTime::from_seconds(0)).unwrap()
    }

    fn credentials(request: &Request<Vec<u8>>) -> String {
        let value = &request.headers()[AUTHORIZATION];
        assert!(value.is_sensitive());
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        String::from_utf8(base64url::decode_standard(encoded).unwrap()).unwrap()
    }

    #[test]
    fn refusal_e6_special_characters_in_basic_arrive_intact() {
        let table = [
            ("id", "s3cret", "id:s3cret"),
            ("a:b", "p:w", "a%3Ab:p%3Aw"),
            ("a%b", "100%", "a%25b:100%25"),
            ("a+b", "c+d", "a%2Bb:c%2Bd"),
            ("a b", "c d", "a+b:c+d"),
            ("идент", "密码", "%D0%B8%D0%B4%D0%B5%D0%BD%D1%82:%E5%AF%86%E7%A0%81"),
        ];
        for (id, secret, expected) in table {
            let authentication = ClientAuthentication::client_secret_basic(secret).unwrap();
            let client = Client::new(id, authentication).unwrap();
            let sent = credentials(&post(&client, vec![]));
            assert_eq!(sent, expected);
            let (got_id, got_secret) = sent.split_once(':').unwrap();
            let read = percent::form_pairs(format!("{got_id}={got_secret}").as_bytes())
                .map(|(a, b)| (a.into_owned(), b.into_owned()))
                .next();
            assert_eq!(read, Some((id.to_owned(), secret.to_owned())));
        }
    }

    #[test]
    fn refusal_e6_raw_only_by_the_quirk_and_a_hint_at_it() {
        let raw = ClientAuthentication::client_secret_basic_raw("100% +é").unwrap();
        let client = Client::new("a b", raw.clone()).unwrap();
        assert_eq!(credentials(&post(&client, vec![])), "a b:100% +é");
        assert_eq!(Client::new("a:b", raw).unwrap_err().code(), "config");

        let rejected = || Error::Rejected(Rejection::new("invalid_client"));
        let encoded = ClientAuthentication::client_secret_basic("s").unwrap();
        let error = Client::new("id", encoded.clone()).unwrap().explain(rejected());
        assert!(error.to_string().contains("raw_basic"), "{error}");
        assert!(!client.explain(rejected()).to_string().contains("raw_basic"));
        let other = Error::Rejected(Rejection::new("invalid_grant"));
        let error = Client::new("id", encoded).unwrap().explain(other);
        assert!(!error.to_string().contains("raw_basic"), "{error}");
    }

    #[test]
    fn refusal_a7_an_empty_secret_is_no_secret() {
        for made in [
            ClientAuthentication::client_secret_basic(""),
            ClientAuthentication::client_secret_basic_raw(""),
            ClientAuthentication::client_secret_post(""),
        ] {
            assert_eq!(made.unwrap_err().code(), "config");
        }
        let empty_id = Client::new("", ClientAuthentication::none());
        assert_eq!(empty_id.unwrap_err().code(), "config");
    }

    #[test]
    fn the_identifier_is_in_the_body_of_a_client_without_basic() {
        let form = || vec![("a".to_owned(), "b c".to_owned())];
        let public = Client::new("id", ClientAuthentication::none()).unwrap();
        let request = post(&public, form());
        assert_eq!(request.body(), b"a=b+c&client_id=id");
        assert!(!request.headers().contains_key(AUTHORIZATION));

        for (by_tls, name) in [
            (ClientAuthentication::tls_client_auth(), "tls_client_auth"),
            (ClientAuthentication::self_signed_tls_client_auth(), "self_signed_tls_client_auth"),
        ] {
            assert_eq!(by_tls.method(), name);
            let request = post(&Client::new("id", by_tls).unwrap(), form());
            assert_eq!(request.body(), b"a=b+c&client_id=id");
            assert!(!request.headers().contains_key(AUTHORIZATION));
        }

        let by_post = ClientAuthentication::client_secret_post("s&t").unwrap();
        let request = post(&Client::new("id", by_post).unwrap(), form());
        assert_eq!(request.body(), b"a=b+c&client_id=id&client_secret=s%26t");
        assert!(!request.headers().contains_key(AUTHORIZATION));
    }

    #[test]
    fn debug_shows_no_secret() {
        let basic = ClientAuthentication::client_secret_basic("canary").unwrap();
        let shown = format!("{:?}", Client::new("id", basic).unwrap());
        assert!(!shown.contains("canary") && shown.contains("Sensitive"), "{shown}");
    }
}
