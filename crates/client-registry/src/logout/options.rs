//! What one logout at the provider says beyond whose session it is.

use oidc_core::LogoutRequest;
use protocol_core::{Error, Secret};

use crate::login::pending::local_path;
use crate::options::app_data;
use crate::token::Token;

/// What one logout at the provider says beyond whose session it is.
///
/// ```
/// use client_registry::LogoutOptions;
///
/// let options = LogoutOptions::new().return_to("/goodbye")?.ui_locales("fr-CA fr");
/// assert!(LogoutOptions::new().return_to("https://evil.example").is_err());
/// # let _ = options;
/// # Ok::<(), client_registry::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct LogoutOptions {
    pub(crate) return_to: Option<String>,
    pub(crate) app_data: Option<String>,
    pub(crate) id_token: Option<Secret>,
    logout_hint: Option<String>,
    ui_locales: Option<String>,
}

impl LogoutOptions {
    /// Nothing more.
    pub fn new() -> Self {
        LogoutOptions::default()
    }

    /// Where the application is to go on after the logout: a path of its own, which comes back with
    /// [`Client::validate_logout_response`](crate::Client::validate_logout_response).
    ///
    /// # Errors
    /// [`Reason::NotALocalPath`](protocol_core::Reason) for anything else.
    pub fn return_to(mut self, path: &str) -> Result<Self, Error> {
        self.return_to = Some(local_path(path)?);
        Ok(self)
    }

    /// Data of the application's own, up to 1 kB, that comes back as well.
    ///
    /// # Errors
    /// [`Error::Config`] if it is longer.
    pub fn app_data(mut self, data: impl Into<String>) -> Result<Self, Error> {
        self.app_data = Some(app_data(data.into())?);
        Ok(self)
    }

    /// The token of the session that is to be ended, where the application keeps it and not the
    /// registry: its ID token tells the provider.
    #[must_use]
    pub fn token(mut self, token: &Token) -> Self {
        self.id_token = token.id_token().cloned();
        self
    }

    /// Who is logging out, in the provider's own terms.
    #[must_use]
    pub fn logout_hint(mut self, hint: impl Into<String>) -> Self {
        self.logout_hint = Some(hint.into());
        self
    }

    /// Languages of the provider's pages by preference, as BCP 47 tags separated by spaces.
    #[must_use]
    pub fn ui_locales(mut self, tags: impl Into<String>) -> Self {
        self.ui_locales = Some(tags.into());
        self
    }

    pub(crate) fn apply(&self, mut request: LogoutRequest) -> LogoutRequest {
        if let Some(hint) = &self.logout_hint {
            request = request.logout_hint(hint);
        }
        if let Some(tags) = &self.ui_locales {
            request = request.ui_locales([tags]);
        }
        request
    }
}

/// Shows where to go on; of hints and the application's own data nothing.
impl std::fmt::Debug for LogoutOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogoutOptions")
            .field("return_to", &self.return_to)
            .field("ui_locales", &self.ui_locales)
            .finish_non_exhaustive()
    }
}
