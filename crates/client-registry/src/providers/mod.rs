//! Presets: what is publicly known of a provider, as data.
//!
//! A preset is the lowest layer of a client's settings: a file, the environment and code speak over
//! it. Register one by its function, `providers::google()`, or by naming a table in a file after it.

mod github;
mod google;
mod twitter;

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
    /// Its settings.
    pub settings: &'static [(Key, &'static str)],
    /// Where its profile answer holds the claims of OpenID Connect, in the words of
    /// [`UserInfo::from_profile`](crate::UserInfo::from_profile); empty where it speaks that itself.
    pub claims: &'static [(&'static str, &'static str)],
    /// Where the user's e-mail addresses are to be had, where that is another place.
    pub emails: Option<&'static str>,
}

/// What a preset is made of, nothing known yet.
const NOTHING: Preset = Preset { name: "", title: "", settings: &[], claims: &[], emails: None };

impl Preset {
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in self.settings {
            settings.set(*key, *value, Origin::Preset);
        }
        settings
    }

    pub(crate) fn profile(&self) -> Profile {
        let owned = |(claim, at): &(&str, &str)| ((*claim).to_owned(), (*at).to_owned());
        Profile { claims: self.claims.iter().map(owned).collect(), emails: self.emails }
    }
}

/// Every preset.
pub const ALL: &[&Preset] = &[&google::PRESET, &github::PRESET, &twitter::PRESET];

/// The preset of that name.
pub fn by_name(name: &str) -> Option<Provider> {
    ALL.iter().find(|preset| preset.name == name).map(|preset| Provider::preset(preset))
}

/// Google, by OpenID Connect.
pub fn google() -> Provider {
    Provider::preset(&google::PRESET)
}

/// GitHub, by OAuth 2.0.
pub fn github() -> Provider {
    Provider::preset(&github::PRESET)
}

/// Twitter's API 1.1, by OAuth 1.0a.
pub fn twitter() -> Provider {
    Provider::preset(&twitter::PRESET)
}
