//! An OpenID provider in a few closures: right by default, and wrong where a test says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use client_registry::{Key, Provider};
use oidc_core::jwk::{Algorithm, SigningKey};
use serde_json::{Value, json};

use super::http::{Http, Seen, answer, json_answer};
use super::{param, params};

pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const CLIENT: &str = "client-1";
pub(crate) const SECRET: &str = "s3cret-of-client-1-that-is-long-enough";
pub(crate) const START: u64 = 1_700_000_000;

type Answer = Box<dyn Fn(&Seen) -> http::Response<Vec<u8>> + Send>;
type Sign = Box<dyn Fn(&Value) -> String + Send>;

/// The scripted provider. Clones are the same provider.
#[derive(Clone)]
pub(crate) struct Idp {
    state: Arc<Mutex<State>>,
    http: Http,
}

struct State {
    key: SigningKey,
    metadata: Value,
    jwks: Value,
    claims: Value,
    token: Value,
    sign: Option<Sign>,
    answers: HashMap<String, Answer>,
    codes: HashMap<String, (Option<String>, String)>,
    serial: u64,
}

impl Idp {
    pub(crate) fn new() -> Self {
        let key = SigningKey::generate(Algorithm::ES256).unwrap().with_kid("k1");
        let at = |path: &str| format!("{ISSUER}{path}");
        let state = State {
            metadata: json!({
                "issuer": ISSUER,
                "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"),
                "userinfo_endpoint": at("/userinfo"),
                "jwks_uri": at("/jwks"),
                "authorization_response_iss_parameter_supported": true,
            }),
            jwks: json!({ "keys": [published(&key)] }),
            claims: json!({}),
            token: json!({}),
            sign: None,
            answers: HashMap::new(),
            codes: HashMap::new(),
            serial: 0,
            key,
        };
        let state = Arc::new(Mutex::new(state));
        let served = state.clone();
        let http = Http::new(move |seen| Ok(served.lock().unwrap().serve(seen)));
        Idp { state, http }
    }

    /// The settings of its client, without any of the network.
    pub(crate) fn provider() -> Provider {
        Provider::new()
            .issuer(ISSUER)
            .client_id(CLIENT)
            .client_secret(SECRET)
            .scope("openid email")
            .set(Key::Userinfo, "never")
    }

    /// The network of this one provider.
    pub(crate) fn http(&self) -> Http {
        self.http.clone()
    }

    pub(crate) fn key(&self) -> SigningKey {
        self.state.lock().unwrap().key.clone()
    }

    /// Changes the metadata; null takes a member out.
    pub(crate) fn metadata(&self, changes: Value) {
        merge(&mut self.state.lock().unwrap().metadata, &changes);
    }

    pub(crate) fn jwks(&self, jwks: Value) {
        self.state.lock().unwrap().jwks = jwks;
    }

    /// Changes the claims of all ID tokens to come; null takes one out.
    pub(crate) fn claims(&self, changes: Value) {
        self.state.lock().unwrap().claims = changes;
    }

    /// Changes the members of all token answers to come; null takes one out.
    pub(crate) fn token(&self, changes: Value) {
        self.state.lock().unwrap().token = changes;
    }

    /// How ID tokens are made of their claims from now on.
    pub(crate) fn sign(&self, sign: impl Fn(&Value) -> String + Send + 'static) {
        self.state.lock().unwrap().sign = Some(Box::new(sign));
    }

    /// What a path answers from now on.
    pub(crate) fn answer(
        &self,
        path: &str,
        answer: impl Fn(&Seen) -> http::Response<Vec<u8>> + Send + 'static,
    ) {
        self.state.lock().unwrap().answers.insert(path.to_owned(), Box::new(answer));
    }

    /// A path answers as it should again.
    pub(crate) fn mend(&self, path: &str) {
        self.state.lock().unwrap().answers.remove(path);
    }

    /// Signs with a new key from now on, and publishes that one alone.
    pub(crate) fn rotate(&self, kid: &str) {
        let key = SigningKey::generate(Algorithm::ES256).unwrap().with_kid(kid);
        let mut state = self.state.lock().unwrap();
        state.jwks = json!({ "keys": [published(&key)] });
        state.key = key;
    }

    /// The user says yes at this authorization URL: the query that the browser comes back with.
    pub(crate) fn approve(&self, url: &str) -> String {
        let code = self.code(url);
        let pairs = [("code", &*code), ("state", &param(url, "state")), ("iss", ISSUER)];
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// A code for this authorization request.
    pub(crate) fn code(&self, url: &str) -> String {
        assert!(url.starts_with(&format!("{ISSUER}/authorize?")), "{url}");
        let mut state = self.state.lock().unwrap();
        state.serial += 1;
        let code = format!("code-{}", state.serial);
        let nonce = params(url, "nonce").pop();
        state.codes.insert(code.clone(), (nonce, params(url, "code_challenge").concat()));
        code
    }

    /// How many requests came to a path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.http.count_of(&format!("{ISSUER}{path}"))
    }
}

impl State {
    fn serve(&mut self, seen: &Seen) -> http::Response<Vec<u8>> {
        let Some(path) = seen.address().strip_prefix(ISSUER) else {
            panic!("a request to another host: {}", seen.url)
        };
        if let Some(answer) = self.answers.get(path) {
            return answer(seen);
        }
        match path {
            "/.well-known/openid-configuration" => json_answer(self.metadata.clone()),
            "/jwks" => json_answer(self.jwks.clone()),
            "/token" => self.redeem(seen),
            "/userinfo" => {
                json_answer(json!({"sub": "u1", "email": "u1@mail.example", "name": "U One"}))
            }
            _ => answer(404, "text/plain", "nothing here"),
        }
    }

    /// The token endpoint: a code once, with the verifier of its challenge.
    fn redeem(&mut self, seen: &Seen) -> http::Response<Vec<u8>> {
        let code = seen.form("code").unwrap_or_default();
        let Some((nonce, challenge)) = self.codes.remove(&code) else {
            return answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
        };
        let verifier = seen.form("code_verifier").unwrap_or_default();
        let digest = protocol_core::digest::sha256(verifier.as_bytes());
        if !challenge.is_empty() && protocol_core::base64url::encode(digest) != challenge {
            return answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
        }
        let mut claims = json!({
            "iss": ISSUER, "sub": "u1", "aud": CLIENT, "exp": START + 100_000, "iat": START,
            "nonce": nonce, "email": "u1@mail.example",
        });
        if nonce.is_none() {
            claims.as_object_mut().unwrap().remove("nonce");
        }
        merge(&mut claims, &self.claims);
        let id_token = match &self.sign {
            Some(sign) => sign(&claims),
            None => self.key.sign(None, &[], claims.to_string().as_bytes()).unwrap(),
        };
        let mut token = json!({
            "access_token": format!("access-{code}"), "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": format!("refresh-{code}"), "id_token": id_token,
        });
        merge(&mut token, &self.token);
        json_answer(token)
    }
}

/// The public half of a key, as it is published.
pub(crate) fn published(key: &SigningKey) -> Value {
    key.public_jwk().unwrap().public_only().unwrap()
}

pub(crate) fn merge(into: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(into.as_object_mut().unwrap().remove(name)),
            value => into[name] = value.clone(),
        }
    }
}
