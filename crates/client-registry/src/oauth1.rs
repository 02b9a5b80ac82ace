//! Logins by OAuth 1.0a (RFC 5849 §2).

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use oauth1_core::{
    Callback, ClientCredentials, Placement, RsaPrivateKey, Signer, TemporaryCredentials,
    TokenCredentials, flow,
};
use protocol_core::{Endpoint, Error, Flow, Input, Reason, Step, UnixTime};
use serde_json::Value;

use crate::authorized::{Authorized, Check};
use crate::body::Body;
use crate::client::Client;
use crate::clock::Clock;
use crate::config::{self, Config, Protocol, SignatureMethod};
use crate::driver::drive;
use crate::http::HttpClient;
use crate::login::PendingLogin;
use crate::login::pending::PendingKind;
use crate::options::LoginOptions;
use crate::provider::Provider;
use crate::quirks::{Quirk, Quirks};
use crate::registry::Registry;
use crate::telemetry::{span, traced};
use crate::token::{Data, Token};
use crate::token_placement::is_form;

/// A client of OAuth 1.0a, its signing key made.
pub(crate) struct OAuth1Client {
    client_id: String,
    signer: Signer,
    /// Whether the method is one that may block.
    blocks: bool,
    config: Arc<config::OAuth1>,
    authorize_params: Vec<(String, String)>,
    token_params: Vec<(String, String)>,
    quirks: Quirks,
    http: Option<Arc<dyn HttpClient>>,
}

impl OAuth1Client {
    pub(crate) fn new(
        config: Config,
        provider: &Provider,
        http: Option<Arc<dyn HttpClient>>,
    ) -> Result<Self, Error> {
        let Config { client_id, client_secret, authorize_params, token_params, quirks, .. } =
            config;
        let Protocol::OAuth1(config) = config.protocol else {
            return Err(Error::config("client", "expected one of OAuth 1.0"));
        };
        // The RSA methods sign with a key of their own.
        let secret = client_secret.unwrap_or_else(|| "".into());
        let credentials = ClientCredentials::new(&client_id, secret);
        let rsa = |make: fn(String, RsaPrivateKey) -> Signer| {
            let key = config.rsa_key.clone();
            let key = key.ok_or_else(|| Error::config("rsa_key", "expected one, got none"))?;
            Ok::<_, Error>(make(client_id.clone(), key))
        };
        let signer = match config.signature_method {
            SignatureMethod::HmacSha1 => Signer::hmac_sha1(credentials),
            SignatureMethod::HmacSha256 => Signer::hmac_sha256(credentials),
            SignatureMethod::HmacSha512 => Signer::hmac_sha512(credentials),
            SignatureMethod::Plaintext => Signer::plaintext(credentials),
            SignatureMethod::RsaSha1 => rsa(Signer::rsa_sha1)?,
            SignatureMethod::RsaSha256 => rsa(Signer::rsa_sha256)?,
            SignatureMethod::RsaSha512 => rsa(Signer::rsa_sha512)?,
            SignatureMethod::Own => {
                let problem = "expected one in code (Provider::signature_method), got none";
                let own = provider.own_signature_method();
                let own = own.ok_or_else(|| Error::config("signature_method", problem))?;
                Signer::with_method(credentials, own)
            }
        };
        let signer = signer.with_placement(match config.placement {
            config::Placement::Header => Placement::Header,
            config::Placement::Query => Placement::Query,
            config::Placement::Body => Placement::Body,
        });
        let signer = match &config.realm {
            Some(realm) => signer.with_realm(realm)?,
            None => signer,
        };
        let blocks = config.signature_method == SignatureMethod::Own;
        Ok(OAuth1Client {
            client_id,
            signer,
            blocks,
            config,
            authorize_params,
            token_params,
            quirks,
            http,
        })
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its way to the network: its own, or the registry's.
    pub(crate) fn http<'a>(&'a self, registry: &'a Registry) -> &'a dyn HttpClient {
        self.http.as_deref().unwrap_or(&*registry.0.http)
    }

    /// The first leg, and where to send the user for the second.
    pub(crate) async fn begin(
        &self,
        registry: &Registry,
        redirect_uri: &Endpoint,
        options: &LoginOptions,
    ) -> Result<(PendingKind, String), Error> {
        let unread = [("scope", options.scope.is_some()), ("max_age", options.max_age.is_some())];
        if let Some((what, _)) = unread.into_iter().find(|(_, given)| *given) {
            let problem = "OAuth 1.0 has no place for it; LoginOptions::param adds a parameter";
            return Err(Error::config(what, problem));
        }
        let endpoint = &self.config.request_token_url;
        let leg = flow::temporary_credentials(endpoint, &self.signer, redirect_uri.as_str())
            .with_parameters(self.config.request_token_params.clone());
        let leg = match self.quirks.has(Quirk::NoCallbackConfirmed) {
            true => leg.without_callback_confirmed(),
            false => leg,
        };
        let (http, clock) = (self.http(registry), &registry.0.clock);
        let temporary = drive(self.signed(leg, clock).await?, http, clock).await?;
        let parameters: Vec<_> = options
            .over(&self.authorize_params)
            .filter(|(name, _)| *name != "oauth_token")
            .collect();
        let url = flow::authorization_url(&self.config.authorize_url, &temporary, &parameters);
        let TemporaryCredentials { token, token_secret, .. } = temporary;
        Ok((PendingKind::OAuth1 { token, token_secret }, url))
    }

    /// The third leg.
    pub(crate) async fn finish(
        &self,
        client: &Client,
        pending: PendingLogin,
        callback: &Callback,
    ) -> Result<Authorized, Error> {
        let PendingKind::OAuth1 { token, token_secret } = &pending.kind else {
            return Err(Error::config("login", "expected one by OAuth 1.0"));
        };
        let temporary = TemporaryCredentials::new(token, token_secret.clone());
        let verifier = callback.check(&temporary)?;
        let endpoint = &self.config.access_token_url;
        let leg = flow::token_credentials(endpoint, &self.signer, &temporary, verifier)
            .with_parameters(self.token_params.clone());
        let registry = client.registry();
        let (http, clock) = (self.http(registry), &registry.0.clock);
        let leg = self.signed(leg, clock).await?;
        let span = span!("exchange", client = client.name(), grant = "oauth_verifier");
        let credentials =
            traced(span, drive(client.registered.fix.token(leg), http, clock)).await?;
        let checks = vec![
            Check::new("oauth_token", "it is the one that this browser began with"),
            Check::new("oauth_verifier", "it came with the callback and went with the exchange"),
            Check::new("signature", self.signer.signature_method()),
        ];
        Ok(Authorized::new(client.clone(), from_credentials(credentials), None, checks)
            .going_on(pending.return_to, pending.app_data)
            .with_extra(callback.extra().to_vec()))
    }

    /// What is wrong with a callback that belongs to no login of this browser.
    pub(crate) fn unbound(callback: &Callback) -> Error {
        let token = callback.token();
        let claimed = TemporaryCredentials::new(token.unwrap_or_default(), "");
        match callback.check(&claimed) {
            Err(Error::Rejected(refusal)) => Reason::StateMismatch { error: Some(refusal.code) },
            _ if token.is_none() => Reason::StateMissing,
            _ => Reason::StateMismatch { error: None },
        }
        .into()
    }

    /// Signs a request with the token, or by the consumer alone.
    pub(crate) async fn authorise(
        &self,
        request: &mut Request<Body>,
        token: Option<&Token>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let mut signer = self.signer.clone();
        if let Some(token) = token {
            let Some(secret) = token.token_secret() else {
                return Err(Error::config("token", "expected one of OAuth 1.0, with a secret"));
            };
            let token = TokenCredentials::new(token.access_token().clone(), secret.clone());
            signer = signer.with_token(token);
        }
        let body_hash = self.config.body_hash;
        if body_hash {
            signer = signer.with_body_hash();
        }
        if !self.blocks {
            return sign(&signer, body_hash, request, now);
        }
        let mut unsigned = std::mem::take(request);
        *request = off_thread(move || {
            sign(&signer, body_hash, &mut unsigned, now)?;
            Ok(unsigned)
        })
        .await?;
        Ok(())
    }

    /// A leg that blocks nobody: where the method may block, its request is signed now.
    async fn signed<T: Send + 'static>(
        &self,
        mut leg: flow::Leg<T>,
        clock: &Clock,
    ) -> Result<Begun<T>, Error> {
        if !self.blocks {
            return Ok(Begun { first: None, leg });
        }
        let now = clock.now();
        let begin = move || {
            let first = Some(leg.step(Input::Start, now)?);
            Ok(Begun { first, leg })
        };
        off_thread(begin).await
    }

    pub(crate) fn signs_queries(&self) -> bool {
        self.signer.placement() == Placement::Query
    }
}

/// A leg whose first request may be there already.
struct Begun<T> {
    first: Option<Step<T>>,
    leg: flow::Leg<T>,
}

impl<T> Flow for Begun<T> {
    type Output = T;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<T>, Error> {
        match self.first.take() {
            Some(first) => Ok(first),
            None => self.leg.step(input, now),
        }
    }
}

/// Does work that may block where it holds up no other task.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    let done = runtime.spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Error::config("signature_method", "it panicked")))
}

/// Signs a request. Of a body the signature covers a form (RFC 5849 §3.4.1.3.1), which must
/// therefore be made of bytes; another one may stream.
fn sign(
    signer: &Signer,
    body_hash: bool,
    request: &mut Request<Body>,
    now: UnixTime,
) -> Result<(), Error> {
    let body = match request.body().as_bytes() {
        Some(bytes) => bytes.clone(),
        None if is_form(request.headers()) => {
            return Err(Error::config("body", "expected a form of bytes, for it is signed"));
        }
        None if signer.placement() == Placement::Body => {
            return Err(Error::config("signature_type", "expected a form body, got a stream"));
        }
        None if body_hash => {
            let problem = "expected a body of bytes, which oauth_body_hash can cover, got a stream";
            return Err(Error::config("force_include_body", problem));
        }
        None => Bytes::new(),
    };
    let mut signed = Request::new(body);
    std::mem::swap(signed.headers_mut(), request.headers_mut());
    *signed.method_mut() = request.method().clone();
    *signed.uri_mut() = request.uri().clone();
    if signer.placement() == Placement::Body {
        let mut buffered = signed.map(Vec::from);
        signer.sign_buffered(&mut buffered, now)?;
        *request = buffered.map(Body::from);
        return Ok(());
    }
    signer.sign(&mut signed, now)?;
    std::mem::swap(signed.headers_mut(), request.headers_mut());
    *request.uri_mut() = signed.uri().clone();
    Ok(())
}

fn from_credentials(credentials: TokenCredentials) -> Token {
    let TokenCredentials { token, token_secret, extra, .. } = credentials;
    let extra = extra.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Token(Data { token_secret: Some(token_secret), extra, ..Data::new(token) })
}
