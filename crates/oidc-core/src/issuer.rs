//! Which issuer is meant: one, as written, or one of a template (OIDC Core §3.1.3.7, OIDC Discovery
//! §4.3).

use protocol_core::{Endpoint, Error, Reason};
use serde_json::{Map, Value};

/// What an `iss` must be.
///
/// Issuers are compared byte for byte: another slash, case or port is another issuer (OIDC Core
/// §3.1.3.7, rule 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRule {
    text: String,
    template: Option<Template>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    placeholder: String,
    claim: String,
    only: Option<Vec<String>>,
}

impl IssuerRule {
    /// This issuer, as written.
    pub fn exact(issuer: impl Into<String>) -> Self {
        IssuerRule { text: issuer.into(), template: None }
    }

    /// An issuer per tenant, as Microsoft Entra has them: the provider's metadata name `text` itself
    /// as the issuer, and an ID Token names it with `placeholder` replaced by the token's own
    /// `claim`. A tenant's name is letters, digits, `-`, `.` and `_`.
    ///
    /// A token of any tenant is then taken: say which ones are meant by
    /// [`only`](IssuerRule::only), or decide by [`Claims::identity`](crate::Claims::identity).
    ///
    /// ```
    /// use oidc_core::IssuerRule;
    ///
    /// let issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    /// let rule = IssuerRule::template(issuer, "{tenantid}", "tid")?;
    /// assert_eq!(rule.as_str(), issuer);
    /// # Ok::<(), oidc_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] where `text` does not hold `placeholder` exactly once.
    pub fn template(
        text: impl Into<String>,
        placeholder: impl Into<String>,
        claim: impl Into<String>,
    ) -> Result<Self, Error> {
        let (text, placeholder) = (text.into(), placeholder.into());
        if placeholder.is_empty() || text.matches(&placeholder).count() != 1 {
            let problem = format!("expected {placeholder:?} once in the template {text:?}");
            return Err(Error::config("issuer", problem));
        }
        let template = Template { placeholder, claim: claim.into(), only: None };
        Ok(IssuerRule { text, template: Some(template) })
    }

    /// Of a template: only these tenants.
    #[must_use]
    pub fn only<T: Into<String>>(mut self, tenants: impl IntoIterator<Item = T>) -> Self {
        if let Some(template) = &mut self.template {
            template.only = Some(tenants.into_iter().map(Into::into).collect());
        }
        self
    }

    /// The issuer as the provider's metadata name it; with its placeholder, if it is a template.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it stands for an issuer per tenant.
    pub fn is_template(&self) -> bool {
        self.template.is_some()
    }

    /// Checks the issuer of a set of claims.
    pub(crate) fn check(&self, iss: &str, claims: &Map<String, Value>) -> Result<(), Reason> {
        self.outcome(iss, |template| template.fits(&self.text, iss, claims))
    }

    /// Checks an issuer that stands alone: of a template it is any tenant's that is meant.
    pub(crate) fn check_alone(&self, iss: &str) -> Result<(), Reason> {
        self.outcome(iss, |template| template.fits_alone(&self.text, iss))
    }

    fn outcome(&self, iss: &str, fits: impl FnOnce(&Template) -> bool) -> Result<(), Reason> {
        if self.template.as_ref().map_or(iss == self.text, fits) {
            return Ok(());
        }
        Err(Reason::IssMismatch {
            expected: self.text.clone(),
            got: iss.chars().take(256).collect(),
        })
    }
}

impl Template {
    fn fits(&self, text: &str, iss: &str, claims: &Map<String, Value>) -> bool {
        let Some(tenant) = claims.get(&self.claim).and_then(Value::as_str) else { return false };
        self.is_meant(tenant) && text.replacen(&self.placeholder, tenant, 1) == iss
    }

    fn fits_alone(&self, text: &str, iss: &str) -> bool {
        let around = text.split_once(&self.placeholder);
        let tenant = around.and_then(|(before, after)| {
            iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after))
        });
        tenant.is_some_and(|tenant| self.is_meant(tenant))
    }

    fn is_meant(&self, tenant: &str) -> bool {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let is_name = !tenant.is_empty() && tenant.bytes().all(plain);
        is_name && self.only.as_ref().is_none_or(|only| only.iter().any(|one| one == tenant))
    }
}

impl From<&str> for IssuerRule {
    fn from(issuer: &str) -> Self {
        IssuerRule::exact(issuer)
    }
}

impl From<String> for IssuerRule {
    fn from(issuer: String) -> Self {
        IssuerRule::exact(issuer)
    }
}

impl From<&IssuerRule> for IssuerRule {
    fn from(rule: &IssuerRule) -> Self {
        rule.clone()
    }
}

/// Where an issuer publishes its metadata (OIDC Discovery §4): below the issuer's path, its closing
/// slash left out.
///
/// # Errors
/// [`Error::Config`] where the issuer is no https (or loopback) URL, or has a query or a fragment
/// (OIDC Discovery §3).
pub fn well_known(issuer: &str) -> Result<Endpoint, Error> {
    if issuer.contains('?') {
        return Err(Error::config("issuer", "expected no query in an issuer (OIDC Discovery §3)"));
    }
    Endpoint::parse("issuer", issuer)?;
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    Endpoint::parse("issuer", &format!("{base}/.well-known/openid-configuration"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_well_known_url_is_below_the_issuers_path() {
        let table = [
            ("https://a.example", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/t/1", "https://a.example/t/1/.well-known/openid-configuration"),
            ("https://a.example/t/", "https://a.example/t/.well-known/openid-configuration"),
            ("https://a.example:8443", "https://a.example:8443/.well-known/openid-configuration"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/.well-known/openid-configuration"),
        ];
        for (issuer, expected) in table {
            assert_eq!(well_known(issuer).unwrap().as_str(), expected);
        }
        for issuer in ["http://a.example", "https://a.example?x=1", "https://a.example#f", "a", ""]
        {
            assert_eq!(well_known(issuer).unwrap_err().code(), "config", "{issuer:?}");
        }
    }

    #[test]
    fn a_template_takes_the_tenant_that_the_token_names() {
        let text = "https://login.example/{tenantid}/v2.0";
        let rule = IssuerRule::template(text, "{tenantid}", "tid").unwrap();
        let check = |rule: &IssuerRule, iss: &str, claims: Value| {
            rule.check(iss, claims.as_object().unwrap()).is_ok()
        };
        assert!(check(&rule, "https://login.example/t-1/v2.0", json!({"tid": "t-1"})));
        for (iss, claims) in [
            ("https://login.example/t-1/v2.0", json!({"tid": "t-2"})),
            ("https://login.example/t-1/v2.0", json!({})),
            ("https://login.example/t-1/v2.0", json!({"tid": 1})),
            ("https://login.example//v2.0", json!({"tid": ""})),
            ("https://login.example/a/b/v2.0", json!({"tid": "a/b"})),
            ("https://login.example/{tenantid}/v2.0", json!({"tid": "{tenantid}"})),
            ("https://evil.example/t-1/v2.0", json!({"tid": "t-1"})),
            ("https://login.example/t-1/v2.0/", json!({"tid": "t-1"})),
        ] {
            assert!(!check(&rule, iss, claims.clone()), "{iss} {claims}");
        }
        let only = rule.only(["t-1"]);
        assert!(check(&only, "https://login.example/t-1/v2.0", json!({"tid": "t-1"})));
        assert!(!check(&only, "https://login.example/t-2/v2.0", json!({"tid": "t-2"})));
        assert!(IssuerRule::template("https://a.example/", "{tenantid}", "tid").is_err());
        assert!(IssuerRule::template("https://a.example/{t}{t}", "{t}", "tid").is_err());
    }
}
