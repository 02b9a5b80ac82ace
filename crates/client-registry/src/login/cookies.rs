//! Cookies of begun logins: names, attributes, and how many there may be.

use std::time::Duration;

/// All login cookies of a browser together stay under this many bytes, names included; the oldest
/// logins go first. Servers refuse requests whose headers grow past 8 kB or so.
pub(crate) const BUDGET: usize = 3500;

/// How many login cookies of a browser are looked at: more than fit into [`BUDGET`].
pub(crate) const MOST: usize = 64;

const PREFIX: &str = "oauth-login-";
const HOST_PREFIX: &str = "__Host-oauth-login-";

/// What a cookie of a login looks like: by the scheme of its redirect_uri, since a proxy in front
/// may speak plain http to us, and by how the response will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) https: bool,
    pub(crate) form_post: bool,
}

impl Kind {
    /// The name of the cookie of the login `key`.
    pub(crate) fn name(self, key: &str) -> String {
        format!("{}{key}", if self.https { HOST_PREFIX } else { PREFIX })
    }

    /// The Set-Cookie line that stores `value`.
    pub(crate) fn set(self, key: &str, value: &str, life: Duration) -> String {
        let attributes = match (self.https, self.form_post) {
            (false, _) => "SameSite=Lax",
            (true, false) => "Secure; SameSite=Lax",
            // A response by form_post is a cross-site POST, which Lax cookies do not go with.
            (true, true) => "Secure; SameSite=None",
        };
        let (name, age) = (self.name(key), life.as_secs());
        format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; {attributes}")
    }
}

/// The Set-Cookie line that removes the cookie `name`.
pub(crate) fn delete(name: &str) -> String {
    let secure =
        if name.starts_with(HOST_PREFIX) { "Secure; SameSite=None" } else { "SameSite=Lax" };
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; {secure}")
}

/// The login cookies among a request's `Cookie` headers: name and value, as sent.
pub(crate) fn login_cookies<'a>(
    headers: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    headers
        .into_iter()
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| name.starts_with(PREFIX) || name.starts_with(HOST_PREFIX))
}

/// Both names that the cookie of the login `key` may have.
pub(crate) fn names(key: &str) -> [String; 2] {
    [format!("{HOST_PREFIX}{key}"), format!("{PREFIX}{key}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_follow_the_redirect_uri_and_the_response_mode() {
        let line =
            |https, form_post| Kind { https, form_post }.set("k", "v", Duration::from_secs(60));
        assert_eq!(
            line(true, false),
            "__Host-oauth-login-k=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"
        );
        assert_eq!(
            line(true, true),
            "__Host-oauth-login-k=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=None"
        );
        assert_eq!(
            line(false, false),
            "oauth-login-k=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            delete("__Host-oauth-login-k"),
            "__Host-oauth-login-k=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None"
        );
    }

    #[test]
    fn only_login_cookies_are_read() {
        let headers = [
            "a=1; __Host-oauth-login-x=1;oauth-login-y=2 ; session=oauth-login-z; oauth-x=1",
            "oauth-login-w=a=b",
        ];
        let read: Vec<_> = login_cookies(headers).collect();
        assert_eq!(
            read,
            [("__Host-oauth-login-x", "1"), ("oauth-login-y", "2"), ("oauth-login-w", "a=b")]
        );
    }
}
