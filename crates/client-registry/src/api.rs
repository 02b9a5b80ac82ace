//! Authorised calls of a provider's API (RFC 6750 §2, RFC 5849 §3), redirects followed
//! (RFC 9110 §15.4).

use std::future::IntoFuture;
use std::mem;

use http::header::{self, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use protocol_core::{Endpoint, Error, percent};
use serde::Serialize;
use tracing::Span;
use tracing::field::Empty;
use url::Url;

use crate::api_response::ApiResponse;
use crate::body::Body;
use crate::client::{CallToken, Client};
use crate::http::BoxFuture;
use crate::telemetry::{span, traced};
use crate::token::Token;

/// A call that is being put together; `.await` sends it, and yields the answer once its head is
/// there.
///
/// The address is relative to the client's `api_base_url`, or a whole URL. The token goes to the
/// origins of `api_base_url` and `userinfo_endpoint` and to the `api_hosts`; a call of any other
/// address goes without one.
///
/// Redirects are followed, at most five: signed anew where the token may go there too. Elsewhere
/// the call goes on without the token, also if it is sent back later, and of its own headers only
/// those that negotiate content go along. A redirect from https to http is refused.
#[must_use = "a call does nothing until it is awaited"]
pub struct ApiRequest {
    client: Client,
    method: Method,
    url: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Body,
    whose: Whose,
    /// The first thing that was wrong with a builder call.
    wrong: Option<Error>,
}

/// Whose token a call carries.
enum Whose {
    /// Of whom the client calls for.
    Clients,
    Given(Box<Token>),
    Withheld,
}

impl ApiRequest {
    pub(crate) fn new(client: Client, method: Method, url: &str) -> Self {
        ApiRequest {
            client,
            method,
            url: url.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            whose: Whose::Clients,
            wrong: None,
        }
    }

    /// Calls with this token. Without it, the token of the login finished in this request serves,
    /// or the one that is kept for whom the client calls for.
    pub fn token(mut self, token: &Token) -> Self {
        self.whose = Whose::Given(Box::new(token.clone()));
        self
    }

    /// Calls without a token, and without a signature.
    pub fn withhold_token(mut self) -> Self {
        self.whose = Whose::Withheld;
        self
    }

    /// Adds parameters to the address.
    pub fn query<K: Into<String>, V: Into<String>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.query.extend(pairs.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Adds a header. `Authorization` is the token's, where the call carries one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            _ => self.blame(Error::config("header", format!("{name:?}: no header can be that"))),
        }
        self
    }

    /// Sends a JSON body.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body(body, "application/json"),
            Err(error) => {
                self.blame(Error::config("json", error.to_string()));
                self
            }
        }
    }

    /// Sends a form body. OAuth 1.0 signs its pairs.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(
        self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.body(percent::form_body(pairs), "application/x-www-form-urlencoded")
    }

    /// Sends this body, of this media type: bytes, a text, or a [`Body`] that streams. One that
    /// streams cannot be sent again, should a redirect ask for it (307, 308).
    pub fn body(mut self, body: impl Into<Body>, media_type: &str) -> Self {
        match HeaderValue::try_from(media_type) {
            Ok(value) => {
                self.headers.insert(CONTENT_TYPE, value);
                self.body = body.into();
            }
            Err(_) => self.blame(Error::config("body", "expected a media type")),
        }
        self
    }

    fn blame(&mut self, error: Error) {
        self.wrong.get_or_insert(error);
    }

    async fn send(self) -> Result<ApiResponse, Error> {
        let client = self.client.clone();
        let (host, status) = (Empty, Empty);
        let span = span!("call", client = client.name(), method = %self.method, host, status);
        let answer = traced(span.clone(), self.send_in(&span)).await?;
        span.record("status", answer.status());
        Ok(answer)
    }

    async fn send_in(self, span: &Span) -> Result<ApiResponse, Error> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut url = resolve(self.client.api_base_url(), &self.url)?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Endpoint::parse("url", url.as_str())?;
        span.record("host", url.host_str());
        let token = match self.client.may_carry_token(&url) {
            true => self.whose.token(&self.client).await?,
            false => None,
        };
        let ApiRequest { client, method, headers, body, .. } = self;
        Call { client, method, url, headers, body }.send(token).await
    }
}

impl Whose {
    /// What the call is authorised by, if it is to be.
    async fn token(self, client: &Client) -> Result<Option<CallToken>, Error> {
        match self {
            Whose::Clients => client.call_token().await.map(Some),
            Whose::Given(token) => Ok(Some(CallToken { token: Some(*token), kept: None })),
            Whose::Withheld => Ok(None),
        }
    }
}

impl IntoFuture for ApiRequest {
    type Output = Result<ApiResponse, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A call on its way: what the next request is made of, the token aside.
struct Call {
    client: Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Body,
}

impl Call {
    /// Sends it, and once more with a newer token where a kept one is refused.
    async fn send(self, token: Option<CallToken>) -> Result<ApiResponse, Error> {
        let again = self.try_clone();
        let client = self.client.clone();
        let (answer, carried) = self.follow(token.as_ref()).await?;
        let kept = token.and_then(|token| token.kept);
        match (again, kept) {
            (Some(again), Some((user, version)))
                if carried && answer.status() == StatusCode::UNAUTHORIZED =>
            {
                drop(answer);
                let newer = client.call_token_after_refusal(&user, version).await?;
                let newer = CallToken { token: Some(newer), kept: None };
                Ok(again.follow(Some(&newer)).await?.0)
            }
            _ => Ok(answer),
        }
    }

    /// The same call, if its body can be sent again.
    fn try_clone(&self) -> Option<Call> {
        let Call { client, method, url, headers, body } = self;
        let (client, method, body) = (client.clone(), method.clone(), body.try_clone()?);
        Some(Call { client, method, url: url.clone(), headers: headers.clone(), body })
    }

    /// Sends it, and goes where it is sent. Beside the answer, whether whoever gave it was shown
    /// the token.
    async fn follow(mut self, mut token: Option<&CallToken>) -> Result<(ApiResponse, bool), Error> {
        for _ in 0..=REDIRECTS {
            let body = self.body.try_clone();
            let response = self.once(token).await?;
            let Some(next) = self.redirect(&response)? else {
                return Ok((ApiResponse::new(response, self.url), token.is_some()));
            };
            let stays = self.stays_with_the_api(&next);
            self.turn_to(next, response.status(), body)?;
            if !stays {
                token = None;
                self.headers = only(&self.headers, &GO_ANYWHERE);
            }
        }
        let expected = format!("at most {REDIRECTS} redirects");
        Err(Error::protocol("too_many_redirects", "API answer", expected, "one more"))
    }

    /// Sends one request.
    async fn once(&mut self, token: Option<&CallToken>) -> Result<Response<Body>, Error> {
        let mut request = Request::new(mem::take(&mut self.body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Endpoint::parse("url", self.url.as_str())?.uri();
        *request.headers_mut() = self.headers.clone();
        if let Some(CallToken { token, .. }) = token {
            self.client.authorise(&mut request, token.as_ref()).await?;
        }
        Ok(self.client.http().call(request).await?)
    }

    /// Where the answer redirects to, if it does.
    fn redirect(&self, response: &Response<Body>) -> Result<Option<Url>, Error> {
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let wrong = |got: &str| {
            Error::protocol("redirect", "API answer", "a Location that may be followed", got)
        };
        let location = response.headers().get(LOCATION).ok_or_else(|| wrong("none"))?;
        let location = std::str::from_utf8(location.as_bytes()).map_err(|_| wrong("no text"))?;
        let mut next = self.url.join(location).map_err(|error| wrong(&error.to_string()))?;
        next.set_fragment(None);
        if self.url.scheme() == "https" && next.scheme() != "https" {
            return Err(wrong(&format!("https turned into {}", next.scheme())));
        }
        match Endpoint::parse("url", next.as_str()) {
            Ok(_) => {}
            Err(Error::Config { problem, .. }) => return Err(wrong(&problem)),
            Err(error) => return Err(error),
        }
        self.client.withdraw_token(&mut next);
        Ok(Some(next))
    }

    /// Whether `next` is no stranger: the same origin, or two places of the client's API.
    fn stays_with_the_api(&self, next: &Url) -> bool {
        let ours = |url| self.client.may_carry_token(url);
        self.url.origin() == next.origin() || ours(&self.url) && ours(next)
    }

    /// Makes it the request that a redirect asks for. `body` is the one that was sent, if it can
    /// be sent again.
    fn turn_to(&mut self, next: Url, status: StatusCode, body: Option<Body>) -> Result<(), Error> {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            for name in &OF_THE_BODY {
                self.headers.remove(name);
            }
        } else {
            self.body = body.ok_or_else(|| {
                let status = status.as_u16();
                let problem = format!(
                    "expected bytes, which can be sent again, got a stream: the server redirects \
                     ({status}) to {}",
                    next.origin().ascii_serialization()
                );
                Error::config("body", problem)
            })?;
        }
        self.url = next;
        Ok(())
    }
}

/// `headers` without all but these.
fn only(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let named = headers.iter().filter(|(name, _)| names.contains(name));
    named.map(|(name, value)| (name.clone(), value.clone())).collect()
}

const REDIRECTS: usize = 5;

/// Headers that describe a body, and go with it.
const OF_THE_BODY: [HeaderName; 4] =
    [CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION];

/// Headers that go to a stranger too. Any other may be a key in disguise.
const GO_ANYWHERE: [HeaderName; 13] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
    header::USER_AGENT,
];

/// The URL that `text` is, relative to `api_base_url` where it is no whole one.
pub(crate) fn resolve(api_base_url: Option<&Endpoint>, text: &str) -> Result<Url, Error> {
    let joined = match api_base_url {
        Some(endpoint) => base(endpoint)?.join(text),
        None => Url::parse(text),
    };
    joined.map_err(|error| Error::config("url", format!("no address of an API: {error}")))
}

/// The URL that addresses are relative to: what it names is taken for a folder.
fn base(api_base_url: &Endpoint) -> Result<Url, Error> {
    let mut url = Url::parse(api_base_url.as_str())
        .map_err(|error| Error::config("api_base_url", error.to_string()))?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}
