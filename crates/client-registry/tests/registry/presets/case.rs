//! A whole login by a preset, against answers as its provider documents them.

use std::sync::{Arc, Mutex, OnceLock};

use client_registry::{Authorized, Callback, Env, Key, Provider, UserInfo, providers};
use oidc_core::jwk::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::common::{
    App, Browser, Http, START, Seen, answer, json_answer, merge, params, published,
};

/// What a provider documents.
pub(crate) struct Case {
    pub(crate) preset: &'static str,
    /// What is set besides the client's identifier and secret.
    pub(crate) set: &'static [(Key, &'static str)],
    /// Answers by address: the metadata, the token, the profile. In a token answer the text
    /// `{id_token}` stands for the ID token.
    pub(crate) answers: Vec<(&'static str, Value)>,
    /// The claims of the ID token, besides `aud`, `exp`, `iat` and the nonce.
    pub(crate) claims: Value,
    /// Where the issuer's keys are.
    pub(crate) jwks_uri: &'static str,
}

/// A finished login.
pub(crate) struct Done {
    pub(crate) app: App,
    pub(crate) login: Authorized,
    pub(crate) user: UserInfo,
    /// Where the browser was sent, then every request, with `{state}` and its like for what is
    /// random.
    pub(crate) requests: Vec<String>,
}

impl Case {
    pub(crate) fn of(preset: &'static str) -> Self {
        let (claims, jwks_uri) = (Value::Null, "");
        Case { preset, set: &[], answers: Vec::new(), claims, jwks_uri }
    }

    pub(crate) fn provider(&self) -> Provider {
        let provider = providers::by_name(self.preset).unwrap_or_else(|| panic!("{}", self.preset));
        self.set.iter().fold(provider, |provider, (key, value)| provider.set(*key, *value))
    }

    /// Logs in with the credentials `id` and `s3cret`, the code `c` and whatever `more` the callback
    /// brings.
    pub(crate) async fn log_in_with(self, credentials: &[(&str, &str)], more: &str) -> Done {
        let provider = self.provider();
        let preset = self.preset;
        let nonce = Arc::new(Mutex::new(None));
        let sent = nonce.clone();
        let http = Http::new(move |seen| Ok(self.serve(seen, sent.lock().unwrap().as_deref())));
        let prefix = preset.to_ascii_uppercase().replace('-', "_");
        let vars = credentials.iter().map(|(key, value)| (format!("{prefix}_{key}"), *value));
        let env = Env::from_vars(vars);
        let app = App::new(http.clone(), |b| b.source(env).register(preset, provider));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, preset).await.unwrap();
        *nonce.lock().unwrap() = params(&url, "nonce").pop();
        let posts = params(&url, "response_mode") == ["form_post"];
        let state = params(&url, "state").pop();
        let callback = match state {
            Some(state) => format!("code=c&state={state}{more}"),
            None => format!("oauth_token=t1&oauth_verifier=v{more}"),
        };
        let callback = match posts {
            true => Callback::form(Some("application/x-www-form-urlencoded"), callback.as_bytes()),
            false => Callback::query(&callback),
        };
        let login = app.finish(&mut browser, preset, callback).await.unwrap();
        let user = login.userinfo().await.unwrap();
        let mut requests = vec![written(&url)];
        requests.extend(http.seen().iter().map(transcript));
        Done { app, login, user, requests }
    }

    pub(crate) async fn log_in(self) -> Done {
        self.log_in_with(&[("CLIENT_ID", "id"), ("CLIENT_SECRET", "s3cret")], "").await
    }

    fn serve(&self, seen: &Seen, nonce: Option<&str>) -> http::Response<Vec<u8>> {
        if seen.url == self.jwks_uri {
            return json_answer(json!({ "keys": [published(key())] }));
        }
        let found = self.answers.iter().find(|(address, _)| *address == seen.url);
        let Some((_, found)) = found else { panic!("a request to {}", seen.url) };
        match found {
            Value::String(form) => answer(200, "application/x-www-form-urlencoded", form.clone()),
            found if found["id_token"] == "{id_token}" => {
                let mut token = found.clone();
                token["id_token"] = self.id_token(nonce).into();
                json_answer(token)
            }
            found => json_answer(found.clone()),
        }
    }

    fn id_token(&self, nonce: Option<&str>) -> String {
        let mut claims = self.claims.clone();
        claims["aud"] = "id".into();
        claims["iat"] = START.into();
        claims["exp"] = (START + 600).into();
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        key().sign(None, &[], claims.to_string().as_bytes()).unwrap()
    }
}

/// The parameters that every authorization request has here.
macro_rules! asks {
    ($front:literal, $name:literal, $scope:literal, $rest:literal) => {
        concat!(
            $front,
            "?response_type=code&client_id=id&redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2F",
            $name,
            "&state={state}&scope=",
            $scope,
            $rest
        )
    };
}

/// PKCE and a nonce.
macro_rules! asks_with_pkce {
    ($front:literal, $name:literal, $scope:literal, $rest:literal) => {
        concat!(
            $crate::presets::case::asks!($front, $name, $scope, ""),
            "&code_challenge={code_challenge}&code_challenge_method=S256",
            $rest
        )
    };
}

/// A token request, from the code on.
macro_rules! trades {
    ($name:literal, $rest:literal) => {
        concat!(
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2F",
            $name,
            $rest
        )
    };
}
pub(crate) use {asks, asks_with_pkce, trades};

/// A token answer with an ID token, changed by `more`.
pub(crate) fn token(more: &Value) -> Value {
    let mut token = json!({
        "access_token": "t", "token_type": "Bearer", "expires_in": 3600, "id_token": "{id_token}",
    });
    merge(&mut token, more);
    token
}

/// The claims of `names`, as an ID token has them.
pub(crate) fn only(claims: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), claims[*name].clone())).collect()
}

/// A sample of a profile, by its file in `tests/profiles`.
macro_rules! sample {
    ($name:literal) => {
        serde_json::from_str::<serde_json::Value>(include_str!(concat!(
            "../../profiles/",
            $name,
            ".json"
        )))
        .unwrap()
    };
}
pub(crate) use sample;

/// Asserts the claims of OpenID Connect that everyone asks for, and that the answer itself is kept.
#[track_caller]
pub(crate) fn assert_user(user: &UserInfo, expected: &Value, raw: &Value) {
    let email = user.email();
    let got = json!({
        "sub": user.sub(),
        "name": user.name(),
        "preferred_username": user.preferred_username(),
        "email": email.map(|email| email.address),
        "email_verified": email.map(|email| email.verified),
        "picture": user.picture(),
        "locale": user.locale(),
    });
    assert_eq!(&got, expected);
    for (name, value) in raw.as_object().unwrap() {
        assert_eq!(user.raw().get(name), Some(value), "{name}");
    }
}

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::RS256).unwrap().with_kid("k1"))
}

/// A request in one line: method, address, the scheme of its credentials, its body.
fn transcript(seen: &Seen) -> String {
    let scheme = seen.header("authorization").map(|value| value.split(' ').next().unwrap());
    let mut line = format!("{} {}", seen.method, seen.url);
    if let Some(scheme) = scheme {
        line += &format!(" [{scheme}]");
    }
    if !seen.body.is_empty() {
        line += &format!(" {}", written(&seen.body));
    }
    line
}

/// A text with parameters, `{name}` in place of random values.
fn written(text: &str) -> String {
    let random = ["state", "nonce", "code_challenge", "code_verifier"];
    let named = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let is_made = name == "client_secret" && value.matches('.').count() == 2;
        (random.contains(&name) || is_made).then(|| format!("{name}={{{name}}}"))
    };
    let (front, query) = match text.split_once('?') {
        Some((front, query)) => (format!("{front}?"), query),
        None => (String::new(), text),
    };
    let pairs: Vec<_> =
        query.split('&').map(|pair| named(pair).unwrap_or_else(|| pair.to_owned())).collect();
    format!("{front}{}", pairs.join("&"))
}
