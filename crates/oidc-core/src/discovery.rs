//! Where a provider's endpoints are: its metadata (OIDC Discovery §3, §4).

use http::Response;
use jose_core::Algorithm;
use oauth2_core::metadata::{self, AuthorizationServerMetadata, Document};
use protocol_core::flow::exchange;
use protocol_core::{Endpoint, Error, Flow, Reason};

use crate::fetched::{self, Fetched};
use crate::issuer::{IssuerRule, well_known};

/// What a provider says of itself (OIDC Discovery §3). Members that are not named here are ignored;
/// none is ever a setting of the HTTP client.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are those of the specifications.
pub struct ProviderMetadata {
    /// The members that OAuth 2.0 knows as well, the issuer and the endpoints among them.
    pub server: AuthorizationServerMetadata,
    pub acr_values_supported: Option<Vec<String>>,
    pub claims_supported: Option<Vec<String>>,
    pub subject_types_supported: Option<Vec<String>>,
    pub userinfo_signing_alg_values_supported: Option<Vec<String>>,
    pub display_values_supported: Option<Vec<String>>,
    pub ui_locales_supported: Option<Vec<String>>,
    /// Initiating User Registration via OpenID Connect §3.
    pub prompt_values_supported: Option<Vec<String>>,
    /// Absent is false.
    pub claims_parameter_supported: bool,
    /// Absent is false.
    pub request_parameter_supported: bool,
    /// Front-Channel Logout §3. Absent is false.
    pub frontchannel_logout_supported: bool,
    /// Back-Channel Logout §2.1. Absent is false.
    pub backchannel_logout_supported: bool,
}

impl ProviderMetadata {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Protocol`], naming the member: one of another type than the specification's, an
    /// endpoint off https and loopback; `not_json`, `not_object`, `duplicate_member`,
    /// `issuer_missing`.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::from_document(&Document::parse(text)?)
    }

    /// Reads the members from a document that is already parsed.
    ///
    /// # Errors
    /// [`Error::Protocol`], naming the member.
    pub fn from_document(document: &Document) -> Result<Self, Error> {
        let texts = |name| document.texts(name);
        let flag = |name| document.flag(name).map(Option::unwrap_or_default);
        Ok(ProviderMetadata {
            server: AuthorizationServerMetadata::from_document(document)?,
            acr_values_supported: texts("acr_values_supported")?,
            claims_supported: texts("claims_supported")?,
            subject_types_supported: texts("subject_types_supported")?,
            userinfo_signing_alg_values_supported: texts("userinfo_signing_alg_values_supported")?,
            display_values_supported: texts("display_values_supported")?,
            ui_locales_supported: texts("ui_locales_supported")?,
            prompt_values_supported: texts("prompt_values_supported")?,
            claims_parameter_supported: flag("claims_parameter_supported")?,
            request_parameter_supported: flag("request_parameter_supported")?,
            frontchannel_logout_supported: flag("frontchannel_logout_supported")?,
            backchannel_logout_supported: flag("backchannel_logout_supported")?,
        })
    }

    /// The issuer, as written.
    pub fn issuer(&self) -> &str {
        &self.server.issuer
    }

    /// The algorithms that the provider says it signs ID Tokens with, as far as this crate knows
    /// them; `none` is no algorithm. It is the client's own list that counts, not this one.
    pub fn id_token_algorithms(&self) -> Vec<Algorithm> {
        let names = self.server.id_token_signing_alg_values_supported.as_deref();
        names.unwrap_or_default().iter().filter_map(|name| Algorithm::from_name(name)).collect()
    }
}

/// Fetches the metadata of `issuer` from its [well-known URL](well_known). The document must name
/// the very same issuer, byte for byte.
///
/// # Errors
/// [`Error::Config`] for an issuer that is no https (or loopback) URL. The flow ends in
/// [`Error::Protocol`] for a redirect (which is never followed), a status other than 200, HTML, and
/// what is no metadata document, and in [`Reason::IssMismatch`] for another issuer's.
pub fn discover(
    issuer: &str,
) -> Result<impl Flow<Output = Fetched<ProviderMetadata>> + Send + use<>, Error> {
    Ok(discover_at(&well_known(issuer)?, Some(&IssuerRule::exact(issuer))))
}

/// Fetches the metadata at a URL.
///
/// With `issuer`, the document must name it; a [template](IssuerRule::template) must be named with
/// its placeholder. Without one, the issuer is taken from the document, but only if its own
/// [well-known URL](well_known) is the one that was fetched: else anyone's document could claim to
/// be of any issuer.
///
/// # Errors
/// The flow's are those of [`discover`].
pub fn discover_at(
    url: &Endpoint,
    issuer: Option<&IssuerRule>,
) -> impl Flow<Output = Fetched<ProviderMetadata>> + Send + use<> {
    let (fetched_from, issuer) = (url.clone(), issuer.cloned());
    exchange(metadata::request(url), move |response: Response<Vec<u8>>, _now| {
        let max_age = fetched::max_age(response.headers());
        let metadata = ProviderMetadata::from_document(&Document::from_response(&response)?)?;
        match &issuer {
            Some(rule) => metadata.server.require_issuer(rule.as_str())?,
            None => require_own_url(metadata.issuer(), &fetched_from)?,
        }
        Ok(Fetched::new(metadata, max_age))
    })
}

/// An issuer publishes at the address of OIDC Discovery §4 or at that of RFC 8414 §3.1.
fn require_own_url(issuer: &str, fetched_from: &Endpoint) -> Result<(), Error> {
    let own = [well_known(issuer), metadata::well_known_url(issuer)];
    if own.iter().flatten().any(|own| own.as_str() == fetched_from.as_str()) {
        return Ok(());
    }
    let expected = "the issuer of the address that was fetched; set ISSUER if it is another".into();
    Err(Reason::IssMismatch { expected, got: issuer.chars().take(256).collect() }.into())
}
