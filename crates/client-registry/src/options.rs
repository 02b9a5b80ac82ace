//! What one login asks for beyond its client's settings.

use protocol_core::Error;

use crate::login::pending::local_path;

/// What one login asks for beyond its client's settings.
///
/// ```
/// use client_registry::LoginOptions;
///
/// let options = LoginOptions::new().return_to("/account")?.param("prompt", "login");
/// assert!(LoginOptions::new().return_to("//evil.example").is_err());
/// # let _ = options;
/// # Ok::<(), client_registry::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct LoginOptions {
    pub(crate) scope: Option<String>,
    pub(crate) max_age: Option<u64>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) return_to: Option<String>,
    pub(crate) app_data: Option<String>,
}

impl LoginOptions {
    /// Nothing beyond the client's settings.
    pub fn new() -> Self {
        LoginOptions::default()
    }

    /// Where the application is to go on after the login: a path of its own. It comes back with the
    /// finished login.
    ///
    /// # Errors
    /// [`Reason::NotALocalPath`](protocol_core::Reason) for anything else: another host, `//host`,
    /// `/\host`, `javascript:`.
    pub fn return_to(mut self, path: &str) -> Result<Self, Error> {
        self.return_to = Some(local_path(path)?);
        Ok(self)
    }

    /// Data of the application's own, up to 1 kB, that comes back with the finished login.
    ///
    /// # Errors
    /// [`Error::Config`] if it is longer.
    pub fn app_data(mut self, data: impl Into<String>) -> Result<Self, Error> {
        self.app_data = Some(app_data(data.into())?);
        Ok(self)
    }

    /// Asks for these scopes, separated by spaces, instead of the client's.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// OpenID Connect: the most seconds since the user authenticated; checked in the ID token.
    #[must_use]
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Adds a parameter to the authorization URL (`prompt`, `login_hint`, …). It replaces one of
    /// that name among the client's settings.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }
}

/// Data of the application's own that comes back, as much as a cookie has room for.
pub(crate) fn app_data(data: String) -> Result<String, Error> {
    if data.len() > 1024 {
        let problem = format!("expected at most 1024 bytes, got {}", data.len());
        return Err(Error::config("app_data", problem));
    }
    Ok(data)
}

/// Shows what is asked for; of the application's own data nothing, of parameters the names.
impl std::fmt::Debug for LoginOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let params: Vec<_> = self.params.iter().map(|(name, _)| name).collect();
        f.debug_struct("LoginOptions")
            .field("scope", &self.scope)
            .field("max_age", &self.max_age)
            .field("params", &params)
            .finish_non_exhaustive()
    }
}

impl LoginOptions {
    /// The parameters of the client's settings, and these over them.
    pub(crate) fn over<'a>(
        &'a self,
        settings: &'a [(String, String)],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let given = |name: &str| self.params.iter().any(|(param, _)| param == name);
        settings
            .iter()
            .filter(move |(name, _)| !given(name))
            .chain(&self.params)
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
