//! The cookie of a signed-in user: its name and attributes.

use std::time::Duration;

use protocol_core::{Endpoint, base64url, digest};

/// What the cookie is called, and whether it may go over https alone.
///
/// Its name holds a digest of the public URL: two applications on one host, by path or (cookies do
/// not tell ports apart) by port, do not sign each other's users out.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    name: String,
    https: bool,
}

impl Cookie {
    pub(crate) fn of(public_url: &Endpoint) -> Self {
        let https = public_url.is_https();
        let digest = digest::sha256(public_url.as_str().trim_end_matches('/').as_bytes());
        let prefix = if https { "__Host-" } else { "" };
        Cookie { name: format!("{prefix}oauth-user-{}", base64url::encode(&digest[..6])), https }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The Set-Cookie line that stores `value`.
    pub(crate) fn set(&self, value: &str, life: Duration) -> String {
        let (name, age, secure) = (&self.name, life.as_secs(), self.secure());
        format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; {secure}SameSite=Lax")
    }

    /// The Set-Cookie line that removes it.
    pub(crate) fn delete(&self) -> String {
        format!("{}=; Path=/; Max-Age=0; HttpOnly; {}SameSite=Lax", self.name, self.secure())
    }

    fn secure(&self) -> &'static str {
        if self.https { "Secure; " } else { "" }
    }

    /// The values of this cookie among a request's `Cookie` headers. A page of a neighbour domain or
    /// path can add others of the same name: only ours can be opened.
    pub(crate) fn values<'a>(&self, headers: &[&'a str]) -> Vec<&'a str> {
        let pairs = headers.iter().flat_map(|header| header.split(';'));
        let ours = pairs.filter_map(|pair| pair.trim().split_once('='));
        ours.filter(|(name, _)| *name == self.name).map(|(_, value)| value).take(MOST).collect()
    }
}

/// How many cookies of one name are tried.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(public_url: &str) -> Cookie {
        Cookie::of(&Endpoint::parse("public_url", public_url).unwrap())
    }

    #[test]
    fn attributes_follow_the_public_url() {
        let life = Duration::from_secs(60);
        let (https, http) = (cookie("https://app.example"), cookie("http://127.0.0.1:8080"));
        let name = https.name().to_owned();
        assert!(name.starts_with("__Host-oauth-user-") && name.len() == 26, "{name}");
        assert_eq!(
            https.set("v", life),
            format!("{name}=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax")
        );
        assert_eq!(
            https.delete(),
            format!("{name}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax")
        );
        let name = http.name().to_owned();
        assert!(name.starts_with("oauth-user-"), "{name}");
        assert_eq!(
            http.set("v", life),
            format!("{name}=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax")
        );
    }

    #[test]
    fn applications_on_one_host_have_cookies_of_their_own() {
        let name = |url| cookie(url).name().to_owned();
        assert_ne!(name("http://127.0.0.1:1"), name("http://127.0.0.1:2"));
        assert_ne!(name("https://app.example/a"), name("https://app.example/b"));
        assert_eq!(name("https://app.example/"), name("https://app.example"));
    }

    #[test]
    fn it_is_found_among_others_of_any_name() {
        let cookie = cookie("https://app.example");
        let name = cookie.name().to_owned();
        let first = format!("a=1; {name}=one;x{name}=no; {name}x=no");
        let second = format!("{name}=two=2");
        assert_eq!(cookie.values(&[&first, &second]), ["one", "two=2"]);
        assert!(cookie.values(&["a=1", ""]).is_empty());
    }
}
