//! Deviations of providers, by name. Each weakens or bends one rule, for one client, on purpose.

use protocol_core::Error;

macro_rules! quirks {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// A deviation of a provider from its specification, by name:
        ///
        $(#[doc = concat!("- `", $text, "`:", $($doc,)*)])*
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
        }
    };
}

quirks! {
    /// The provider puts no nonce into ID tokens; none is sent (OIDC Core 3.1.2.1).
    NoNonce = "no_nonce",
    /// The provider refuses PKCE parameters; none are sent (RFC 7636).
    NoPkce = "no_pkce",
    /// Token answers without `token_type` are taken as bearer (RFC 6749 §5.1).
    NoTokenType = "no_token_type",
    /// Token answers may be form-encoded instead of JSON (RFC 6749 §5.1).
    FormEncodedToken = "form_encoded_token",
    /// Errors of the token endpoint come with status 200 (RFC 6749 §5.2).
    ErrorIn200 = "error_in_200",
    /// HTTP Basic without form-encoding id and secret first (RFC 6749 §2.3.1).
    RawBasic = "raw_basic",
    /// Temporary credentials come without `oauth_callback_confirmed` (RFC 5849 §2.1).
    NoCallbackConfirmed = "no_callback_confirmed",
    /// Scopes are separated by commas in the request (RFC 6749 §3.3).
    CommaScopes = "comma_scopes",
    /// The callback has no `iss` although the metadata promises it (RFC 9207 §2.4).
    NoIss = "no_iss",
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

    #[test]
    fn quirks_are_read_by_name_and_an_unknown_one_is_refused() {
        let quirks = Quirks::parse("quirks", "no_nonce, raw_basic").unwrap();
        assert!(quirks.has(Quirk::NoNonce) && quirks.has(Quirk::RawBasic));
        assert!(!quirks.has(Quirk::NoPkce));
        let error = Quirks::parse("quirks", "no_nonse").unwrap_err().to_string();
        assert!(error.contains("no_nonce"), "{error}");
    }
}
