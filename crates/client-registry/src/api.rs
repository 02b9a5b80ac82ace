//! Authorised calls of a provider's API.

use std::future::{Future, IntoFuture};

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use protocol_core::{Endpoint, Error, percent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::client::Client;
use crate::http::BoxFuture;
use crate::token::Token;

/// A call that is being put together; `.await` sends it.
///
/// The address is relative to the client's `api_base_url`, or a whole URL; one of another origin
/// than the `api_base_url` gets no token. Redirects are followed up to five times: signed anew on
/// the same origin, without the token and other credentials on another one.
#[must_use = "a call does nothing until it is awaited"]
pub struct ApiRequest {
    client: Client,
    method: Method,
    url: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Vec<u8>,
    token: Option<Token>,
    /// The first thing that was wrong with a builder call.
    wrong: Option<Error>,
}

impl ApiRequest {
    pub(crate) fn new(client: Client, method: Method, url: &str) -> Self {
        ApiRequest {
            client,
            method,
            url: url.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            token: None,
            wrong: None,
        }
    }

    /// Calls with this token. Without it, the token of the login finished in this request serves.
    pub fn token(mut self, token: &Token) -> Self {
        self.token = Some(token.clone());
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

    /// Adds a header.
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
        self.body(percent::form_body(pairs).into_bytes(), "application/x-www-form-urlencoded")
    }

    /// Sends this body, of this media type.
    pub fn body(mut self, body: impl Into<Vec<u8>>, media_type: &str) -> Self {
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
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let token = match self.token.or_else(|| self.client.token_of_this_login()) {
            Some(token) => token,
            None => {
                let problem = format!("no token for {:?} in this request", self.client.name());
                return Err(Error::NeedsLogin(problem));
            }
        };
        let base = self.client.api_base_url().map(base).transpose()?;
        let mut url = resolve(self.client.api_base_url(), &self.url)?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let (mut method, mut headers, mut body) = (self.method, self.headers, self.body);
        let first_origin = url.origin();
        for _ in 0..=REDIRECTS {
            let endpoint = Endpoint::parse("url", url.as_str())?;
            let mut request = Request::new(body.clone());
            *request.method_mut() = method.clone();
            *request.uri_mut() = endpoint.uri();
            *request.headers_mut() = headers.clone();
            if base.as_ref().is_some_and(|base| base.origin() == url.origin()) {
                self.client.authorise(&mut request, &token)?;
            }
            let response = self.client.http().send(request).await?;
            let Some(next) = redirect(&url, &response)? else {
                return Ok(ApiResponse { response });
            };
            let status = response.status();
            let was_post = method == Method::POST;
            if status == StatusCode::SEE_OTHER && method != Method::HEAD
                || was_post && matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND)
            {
                // RFC 9110 §15.4: the next request is a GET without the body.
                (method, body) = (Method::GET, Vec::new());
                headers.remove(CONTENT_TYPE);
            }
            if next.origin() != first_origin {
                headers.remove(AUTHORIZATION);
                headers.remove(COOKIE);
            }
            url = next;
        }
        let expected = format!("at most {REDIRECTS} redirects");
        Err(Error::protocol("too_many_redirects", "API answer", expected, "one more"))
    }
}

impl IntoFuture for ApiRequest {
    type Output = Result<ApiResponse, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The answer to an API call, whatever its status.
pub struct ApiResponse {
    response: Response<Vec<u8>>,
}

impl ApiResponse {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The body.
    ///
    /// # Errors
    /// [`Error::Http`] if it breaks off.
    pub fn bytes(self) -> impl Future<Output = Result<Vec<u8>, Error>> + Send {
        std::future::ready(Ok(self.response.into_body()))
    }

    /// The body of a successful answer, from JSON.
    ///
    /// # Errors
    /// [`Error::Protocol`] if the status is no success (`http_status`) or the body is not `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let response = self.error_for_status()?;
        let body = response.bytes().await?;
        serde_json::from_slice(&body).map_err(|error| {
            // Where it went wrong, not what stood there.
            let at = format!("{:?} error in line {}", error.classify(), error.line());
            Error::protocol("not_json", "API answer", "JSON of the type that was asked for", at)
        })
    }

    /// The answer if its status is a success.
    ///
    /// # Errors
    /// [`Error::Protocol`] with the status: `http_status`, or `http_status_retryable` for 429 and
    /// those of the server's side.
    pub fn error_for_status(self) -> Result<Self, Error> {
        let status = self.response.status();
        if status.is_success() {
            return Ok(self);
        }
        let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let code = if passing { "http_status_retryable" } else { "http_status" };
        Err(Error::protocol(code, "API answer", "a status of success", status.as_str()))
    }
}

/// Shows the status.
impl std::fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiResponse({})", self.response.status())
    }
}

const REDIRECTS: usize = 5;

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

/// Where an answer redirects to, if it does.
fn redirect(from: &Url, response: &Response<Vec<u8>>) -> Result<Option<Url>, Error> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let wrong = || Error::protocol("redirect", "API answer", "a URL in Location", "none");
    let location = response.headers().get(LOCATION).ok_or_else(wrong)?;
    let location = location.to_str().map_err(|_| wrong())?;
    from.join(location).map(Some).map_err(|_| wrong())
}
