//! What a client of OAuth 1.0 is told by its settings.

use oauth1_core::RsaPrivateKey;
use protocol_core::{Endpoint, Error};

use super::Reader;
use crate::settings::Key;

pub(crate) struct OAuth1 {
    pub(crate) api_base_url: Option<Endpoint>,
    pub(crate) request_token_url: Endpoint,
    pub(crate) request_token_params: Vec<(String, String)>,
    pub(crate) authorize_url: Endpoint,
    pub(crate) access_token_url: Endpoint,
    pub(crate) signature_method: SignatureMethod,
    pub(crate) placement: Placement,
    pub(crate) realm: Option<String>,
    /// The key of the RSA methods.
    pub(crate) rsa_key: Option<RsaPrivateKey>,
    /// Whether `oauth_body_hash` covers bodies of API calls that are no form.
    pub(crate) body_hash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureMethod {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    RsaSha1,
    RsaSha256,
    RsaSha512,
    Plaintext,
    /// The one that code gives.
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    Header,
    Query,
    Body,
}

impl SignatureMethod {
    /// The name in settings: but for `own`, that of RFC 5849 §3.1.
    fn name(self) -> &'static str {
        match self {
            SignatureMethod::HmacSha1 => "HMAC-SHA1",
            SignatureMethod::HmacSha256 => "HMAC-SHA256",
            SignatureMethod::HmacSha512 => "HMAC-SHA512",
            SignatureMethod::RsaSha1 => "RSA-SHA1",
            SignatureMethod::RsaSha256 => "RSA-SHA256",
            SignatureMethod::RsaSha512 => "RSA-SHA512",
            SignatureMethod::Plaintext => "PLAINTEXT",
            SignatureMethod::Own => "own",
        }
    }

    /// Whether it signs with a private key, and no client secret.
    fn is_rsa(self) -> bool {
        use SignatureMethod::{RsaSha1, RsaSha256, RsaSha512};
        matches!(self, RsaSha1 | RsaSha256 | RsaSha512)
    }
}

impl Reader<'_> {
    pub(super) fn oauth1(&self) -> Result<OAuth1, Error> {
        let signature_method = self.one_of(
            Key::SignatureMethod,
            &[
                ("HMAC-SHA1", SignatureMethod::HmacSha1),
                ("HMAC-SHA256", SignatureMethod::HmacSha256),
                ("HMAC-SHA512", SignatureMethod::HmacSha512),
                ("RSA-SHA1", SignatureMethod::RsaSha1),
                ("RSA-SHA256", SignatureMethod::RsaSha256),
                ("RSA-SHA512", SignatureMethod::RsaSha512),
                ("PLAINTEXT", SignatureMethod::Plaintext),
                ("own", SignatureMethod::Own),
            ],
        )?;
        let signature_method = signature_method.unwrap_or(SignatureMethod::HmacSha1);
        let rsa_key = match (signature_method, self.text(Key::RsaKey)) {
            (method, _) if method.is_rsa() => Some(self.rsa_key()?),
            (method, Some(_)) => {
                let problem = format!("a key of RSA has no use with {}", method.name());
                return Err(self.wrong(Key::RsaKey, &problem));
            }
            (SignatureMethod::Own, None) => None,
            (_, None) => {
                self.required(Key::ClientSecret)?;
                None
            }
        };
        let placement = self.one_of(
            Key::SignatureType,
            &[
                ("header", Placement::Header),
                ("query", Placement::Query),
                ("body", Placement::Body),
            ],
        )?;
        Ok(OAuth1 {
            api_base_url: self.endpoint(Key::ApiBaseUrl)?,
            request_token_url: self.required_endpoint(Key::RequestTokenUrl)?,
            request_token_params: self.pairs(Key::RequestTokenParams)?,
            authorize_url: self.required_endpoint(Key::AuthorizeUrl)?,
            access_token_url: self.required_endpoint(Key::AccessTokenUrl)?,
            signature_method,
            placement: placement.unwrap_or(Placement::Header),
            realm: self.text(Key::Realm).map(str::to_owned),
            rsa_key,
            body_hash: self.flag(Key::ForceIncludeBody)?,
        })
    }

    fn rsa_key(&self) -> Result<RsaPrivateKey, Error> {
        let pem = self.text(Key::RsaKey).unwrap_or_default();
        RsaPrivateKey::from_pem(pem).map_err(|error| match error {
            Error::Config { problem, .. } => self.wrong(Key::RsaKey, &problem),
            other => other,
        })
    }
}
