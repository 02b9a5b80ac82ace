//! Presets: what is publicly known of a provider, as data.
//!
//! A preset is the lowest layer of a client's settings: a file, the environment and code speak over
//! it. Register one by its function, `providers::google()`, or by naming a table in a file after it.
//! What is to be set comes besides `client_id` and, but for `apple` and `jira-server`,
//! `client_secret`; in parentheses what may be set.
//!
//! | preset | protocol | scopes | quirks | to be set |
//! |---|---|---|---|---|
//! | `apple` | OpenID Connect | `openid name email` | | `team_id` `key_id` `private_key` |
//! | `atlassian` | OAuth 2.0 | `read:me` | | |
//! | `auth0` | OpenID Connect | `openid profile email` | | `domain` |
//! | `discord` | OAuth 2.0 | `identify email` | | |
//! | `facebook` | OAuth 2.0 | `email public_profile` | | |
//! | `github` | OAuth 2.0 | `read:user user:email` | `error_in_200` `comma_scopes_granted` | (`domain`) |
//! | `gitlab` | OpenID Connect | `openid profile email` | | (`domain`) |
//! | `google` | OpenID Connect | `openid email profile` | | |
//! | `jira-server` | OAuth 1.0 | | | `domain` `rsa_key` |
//! | `keycloak` | OpenID Connect | `openid profile email` | | `domain` `realm` |
//! | `linkedin` | OpenID Connect | `openid profile email` | `no_nonce` `no_pkce` `no_token_type` `comma_scopes_granted` | |
//! | `microsoft` | OpenID Connect | `openid profile email` | | (`tenant`) |
//! | `okta` | OpenID Connect | `openid profile email` | | `domain` |
//! | `slack` | OpenID Connect | `openid profile email` | `no_pkce` `error_in_200` | |
//! | `spotify` | OAuth 2.0 | `user-read-email` | | |
//! | `trello` | OAuth 1.0 | | | |
//! | `twitch` | OpenID Connect | `openid user:read:email` | `client_id_header` | |
//! | `twitter` | OAuth 1.0 | | | |
//! | `x` | OAuth 2.0 | `users.read tweet.read` | | |
//!
//! ```
//! use client_registry::{Key, providers};
//!
//! // A preset, a field of it replaced, and what its provider needs.
//! let google = providers::google().scope("openid email").set(Key::Prompt, "select_account");
//! let company = providers::okta().set(Key::Domain, "dev-1.okta.com");
//! # let _ = (google, company);
//! ```

mod apple;
mod atlassian;
mod auth0;
mod discord;
mod facebook;
mod github;
mod gitlab;
mod google;
mod jira_server;
mod keycloak;
mod linkedin;
mod microsoft;
mod okta;
mod slack;
mod spotify;
mod trello;
mod twitch;
mod twitter;
mod x;

use protocol_core::{Error, percent};

use crate::profile::Profile;
use crate::provider::Provider;
use crate::settings::{Key, Origin, Settings};

/// What is publicly known of a provider.
#[derive(Debug)]
#[non_exhaustive]
pub struct Preset {
    /// The name that files and `by_name` know it by.
    pub name: &'static str,
    /// The name to show people.
    pub title: &'static str,
    /// Its settings. A key in braces stands for that key's value.
    pub settings: &'static [(Key, &'static str)],
    /// A key that may be set, and the settings that then hold in place of the former.
    pub instead: Option<(Key, &'static [(Key, &'static str)])>,
    /// What must be set besides the client's identifier and secret.
    pub needs: &'static [Key],
    /// Where its profile answer holds the claims of OpenID Connect, in the words of
    /// [`UserInfo::from_profile`](crate::UserInfo::from_profile); empty where it speaks that itself.
    pub claims: &'static [(&'static str, &'static str)],
    /// Where the user's e-mail addresses are to be had, where that is another place.
    pub emails: Option<&'static str>,
    /// Whether its profile shows an e-mail address only once the provider has verified it.
    pub shows_verified_email_only: bool,
}

/// What a preset is made of, nothing known yet.
const NOTHING: Preset = Preset {
    name: "",
    title: "",
    settings: &[],
    instead: None,
    needs: &[],
    claims: &[],
    emails: None,
    shows_verified_email_only: false,
};

/// The keys that stand in braces in presets' settings.
const FILLED_IN: &[Key] = &[Key::Domain, Key::Realm, Key::Tenant];

impl Preset {
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in self.settings {
            settings.set(*key, *value, Origin::Preset);
        }
        settings
    }

    /// Completes the preset's settings among all by what is set.
    ///
    /// # Errors
    /// [`Error::Config`] for what the preset needs and is not set, or cannot be.
    pub(crate) fn fill(&self, settings: &mut Settings) -> Result<(), Error> {
        if let Some((key, rows)) = self.instead
            && settings.value(key).is_some()
        {
            for (key, value) in rows {
                if settings.origin(*key).is_none_or(|origin| *origin == Origin::Preset) {
                    settings.set(*key, *value, Origin::Preset);
                }
            }
        }
        let mut values = Vec::new();
        for key in FILLED_IN.iter().filter(|key| self.names(**key)) {
            values.push((*key, settings.take(*key)));
        }
        for key in settings.of_the_preset() {
            let mut text = settings.value(key).unwrap_or_default().to_owned();
            for (name, value) in &values {
                let braces = format!("{{{}}}", name.name());
                if !text.contains(&braces) {
                    continue;
                }
                let Some((value, origin)) = value else { return Err(self.needed(*name)) };
                let what = format!("{} (from {origin})", name.name());
                text = match name {
                    Key::Domain => text.replace("https://{domain}", &base(&what, value.expose())?),
                    _ => text.replace(&braces, &percent::encode(value.expose())),
                };
            }
            settings.set(key, text, Origin::Preset);
        }
        // A secret that was made elsewhere needs nothing to be made of.
        let has_secret = settings.value(Key::ClientSecret).is_some();
        let missing = self
            .needs
            .iter()
            .find(|key| !FILLED_IN.contains(key) && settings.value(**key).is_none() && !has_secret);
        missing.map_or(Ok(()), |key| Err(self.needed(*key)))
    }

    fn needed(&self, key: Key) -> Error {
        let problem = format!("the preset {} needs it, and it is not set", self.name);
        Error::config(key.name(), problem)
    }

    /// Whether one of its settings has this key in braces.
    fn names(&self, key: Key) -> bool {
        let braces = format!("{{{}}}", key.name());
        let instead = self.instead.map_or(&[][..], |(_, rows)| rows);
        self.settings.iter().chain(instead).any(|(_, value)| value.contains(&braces))
    }

    pub(crate) fn profile(&self) -> Profile {
        Profile {
            claims: self.claims,
            own: None,
            emails: self.emails,
            shows_verified_email_only: self.shows_verified_email_only,
        }
    }
}

/// The address that a domain stands for: `host`, `host:port`, either with a path, or a whole URL.
fn base(what: &str, domain: &str) -> Result<String, Error> {
    let url = match domain.contains("://") {
        true => domain.to_owned(),
        false => format!("https://{domain}"),
    };
    let endpoint = protocol_core::Endpoint::parse(what, &url)?;
    if endpoint.as_str().contains('?') {
        return Err(Error::config(what, format!("expected a domain, got a query in {domain:?}")));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

macro_rules! presets {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Every preset, by its name.
        pub const ALL: &[&Preset] = &[$(&$name::PRESET,)*];

        $($(#[doc = $doc])*
        pub fn $name() -> Provider {
            Provider::preset(&$name::PRESET)
        })*
    };
}

presets! {
    /// Apple, by OpenID Connect. The client secret is made of `private_key` (the `.p8` file) for
    /// `team_id` and `key_id`. The user's name comes once, at the first login, and unverified:
    /// `user` in [`Authorized::unverified_extra`](crate::Authorized::unverified_extra).
    apple,
    /// Atlassian's cloud, by OAuth 2.0.
    atlassian,
    /// Auth0, by OpenID Connect, at `domain`.
    auth0,
    /// Discord, by OAuth 2.0.
    discord,
    /// Facebook, by OAuth 2.0.
    facebook,
    /// GitHub, by OAuth 2.0; a server of one's own at `domain`.
    github,
    /// GitLab, by OpenID Connect; a server of one's own at `domain`.
    gitlab,
    /// Google, by OpenID Connect.
    google,
    /// Jira Server and Data Center, by OAuth 1.0a with RSA-SHA1, at `domain`.
    jira_server,
    /// Keycloak, by OpenID Connect, at `domain` in `realm`.
    keycloak,
    /// LinkedIn, by OpenID Connect.
    linkedin,
    /// Microsoft, by OpenID Connect: users of every organisation and personal accounts. With
    /// `tenant` those of one organisation; with `allowed_tenants` those of some.
    microsoft,
    /// Okta, by OpenID Connect, at `domain`: the organisation's own authorization server, or with a
    /// path (`dev-1.okta.com/oauth2/default`) another.
    okta,
    /// Slack, by OpenID Connect ("Sign in with Slack").
    slack,
    /// Spotify, by OAuth 2.0. The user is known by `account_id`, which stays; `id` may change.
    spotify,
    /// Trello, by OAuth 1.0a. For a name to be shown, more rights or another life of the token, set
    /// `authorize_params`.
    trello,
    /// Twitch, by OpenID Connect.
    twitch,
    /// Twitter's API 1.1, by OAuth 1.0a.
    twitter,
    /// X, by OAuth 2.0.
    x,
}

/// The preset of that name.
pub fn by_name(name: &str) -> Option<Provider> {
    ALL.iter().find(|preset| preset.name == name).map(|preset| Provider::preset(preset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quirks::Quirks;

    #[test]
    fn the_documented_table_is_the_one_that_the_code_has() {
        let rows = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        let documented: Vec<_> = rows
            .map(|row| row.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect())
            .collect::<Vec<Vec<String>>>();
        let known: Vec<Vec<String>> = ALL
            .iter()
            .map(|preset| {
                let value = |wanted: Key| {
                    let found = preset.settings.iter().find(|(key, _)| *key == wanted);
                    found.map_or("", |(_, value)| *value).to_owned()
                };
                let scope = value(Key::Scope);
                let protocol = match value(Key::RequestTokenUrl).is_empty() {
                    false => "OAuth 1.0",
                    true if scope.split(' ').any(|scope| scope == "openid") => "OpenID Connect",
                    true => "OAuth 2.0",
                };
                let mut to_set: Vec<_> =
                    preset.needs.iter().map(|key| key.name().to_owned()).collect();
                to_set.extend(preset.instead.map(|(key, _)| format!("({})", key.name())));
                let name = preset.name.to_owned();
                let quirks = value(Key::Quirks);
                vec![name, protocol.to_owned(), scope, quirks, to_set.join(" "), String::new()]
            })
            .collect();
        assert_eq!(documented, known);
    }

    #[test]
    fn presets_are_in_order_and_hold_quirks_that_exist_and_no_secret() {
        assert!(ALL.windows(2).all(|two| two[0].name < two[1].name));
        for preset in ALL {
            let instead = preset.instead.map_or(&[][..], |(_, rows)| rows);
            for (key, value) in preset.settings.iter().chain(instead) {
                assert!(!key.is_secret(), "{}", preset.name);
                if *key == Key::Quirks {
                    Quirks::parse(preset.name, value).unwrap();
                }
            }
        }
    }
}
