//! Deviations of providers, by name. Each weakens or bends one rule, for one client, on purpose.

use protocol_core::Error;

macro_rules! quirks {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal for $who:literal,)*) => {
        /// A deviation of a provider from its specification, by name.
        ///
        #[doc = include_str!("../QUIRKS.md")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Quirk { $($(#[doc = $doc])* $name,)* }

        impl Quirk {
            /// Every quirk.
            pub const ALL: &'static [Quirk] = &[$(Quirk::$name,)*];

            /// The name by which presets and configuration speak of it.
            pub const fn name(self) -> &'static str {
                match self { $(Quirk::$name => $text,)* }
            }

            /// Who needs it: presets by name, and others in words.
            pub const fn needed_by(self) -> &'static str {
                match self { $(Quirk::$name => $who,)* }
            }
        }
    };
}

quirks! {
    /// The provider puts no nonce into ID tokens; none is sent (OIDC Core 3.1.2.1).
    NoNonce = "no_nonce" for "`linkedin`",
    /// PKCE parameters are not sent (RFC 7636).
    NoPkce = "no_pkce" for "`linkedin`, `slack`",
    /// Token answers without `token_type` are taken as bearer (RFC 6749 §5.1).
    NoTokenType = "no_token_type" for "`linkedin`",
    /// Token answers may be form-encoded instead of JSON (RFC 6749 §5.1).
    FormEncodedToken = "form_encoded_token" for "servers from before RFC 6749",
    /// Errors of the token endpoint come with status 200 (RFC 6749 §5.2).
    ErrorIn200 = "error_in_200" for "`github`, `slack`",
    /// HTTP Basic without form-encoding id and secret first (RFC 6749 §2.3.1).
    RawBasic = "raw_basic" for "servers that do not decode them",
    /// Temporary credentials come without `oauth_callback_confirmed` (RFC 5849 §2.1).
    NoCallbackConfirmed = "no_callback_confirmed" for "servers of OAuth 1.0a that forget it",
    /// Scopes are separated by commas in the request (RFC 6749 §3.3).
    CommaScopes = "comma_scopes" for "servers that take no others",
    /// Scopes are separated by commas in token answers (RFC 6749 §3.3).
    CommaScopesGranted = "comma_scopes_granted" for "`github`, `linkedin`",
    /// The callback has no `iss` although the metadata promises it (RFC 9207 §2.4).
    NoIss = "no_iss" for "servers whose metadata say too much",
    /// API calls carry the client identifier too, in the header `Client-Id`.
    ClientIdHeader = "client_id_header" for "`twitch`",
}

/// The quirks of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quirks(Vec<Quirk>);

impl Quirks {
    /// Whether this one is among them.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.0.contains(&quirk)
    }

    /// Names separated by white space or commas.
    pub(crate) fn parse(what: &str, text: &str) -> Result<Self, Error> {
        let names = text.split([' ', ',', '\t', '\n']).filter(|name| !name.is_empty());
        let read = |name: &str| {
            Quirk::ALL.iter().copied().find(|quirk| quirk.name() == name).ok_or_else(|| {
                let known: Vec<_> = Quirk::ALL.iter().map(|quirk| quirk.name()).collect();
                Error::config(what, format!("expected one of {}, got {name:?}", known.join(", ")))
            })
        };
        names.map(read).collect::<Result<_, _>>().map(Quirks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;
    use crate::settings::Key;

    #[test]
    fn quirks_are_read_by_name_and_an_unknown_one_is_refused() {
        let quirks = Quirks::parse("quirks", "no_nonce, raw_basic").unwrap();
        assert!(quirks.has(Quirk::NoNonce) && quirks.has(Quirk::RawBasic));
        assert!(!quirks.has(Quirk::NoPkce));
        let error = Quirks::parse("quirks", "no_nonse").unwrap_err().to_string();
        assert!(error.contains("no_nonce"), "{error}");
    }

    #[test]
    fn the_presets_that_need_a_quirk_are_those_that_have_it() {
        for quirk in Quirk::ALL {
            let have = providers::ALL.iter().filter(|preset| {
                let own = preset.settings.iter().find(|(key, _)| *key == Key::Quirks);
                own.is_some_and(|(_, quirks)| Quirks::parse("q", quirks).unwrap().has(*quirk))
            });
            let have: Vec<_> = have.map(|preset| format!("`{}`", preset.name)).collect();
            let told: Vec<_> =
                quirk.needed_by().split(", ").filter(|who| who.starts_with('`')).collect();
            assert_eq!(told, have, "{}", quirk.name());
        }
    }

    #[test]
    fn the_documented_table_is_the_one_that_the_code_has() {
        let rows = include_str!("../QUIRKS.md").lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<_> = rows
            .map(|row| {
                let cells: Vec<_> = row.split('|').map(str::trim).collect();
                (cells[1].trim_matches('`'), cells[3])
            })
            .collect();
        let known: Vec<_> =
            Quirk::ALL.iter().map(|quirk| (quirk.name(), quirk.needed_by())).collect();
        assert_eq!(documented, known);
    }
}
