//! Logout told by the provider through the browser (OpenID Connect Front-Channel Logout 1.0): its
//! page loads an address of the application in a frame.

use std::fmt;

use protocol_core::{Error, Reason};

use super::once;
use crate::issuer::IssuerRule;

/// A request to the `frontchannel_logout_uri`. Nothing about it is signed, and anyone can make a
/// browser send one: it speaks of a session only to those who know its `sid`.
#[derive(Clone)]
pub struct FrontChannelLogout {
    iss: Option<String>,
    sid: Option<String>,
}

impl FrontChannelLogout {
    /// The query of the request, with or without its `?`.
    ///
    /// # Errors
    /// [`Reason::DuplicateParam`] for an `iss` or a `sid` that is there twice;
    /// [`Reason::MalformedLogout`] for one without the other (§2) and for more than 64 KiB.
    pub fn query(query: &str) -> Result<Self, Error> {
        let query = query.strip_prefix('?').unwrap_or(query).as_bytes();
        let (iss, sid) = (once(query, "iss")?, once(query, "sid")?);
        if iss.is_some() != sid.is_some() {
            return Err(Reason::MalformedLogout("iss and sid come together or not at all").into());
        }
        Ok(FrontChannelLogout { iss, sid })
    }

    /// The session that is to be ended: its `iss`, which must be the one that is expected (of a
    /// template: a tenant's that is meant), and its `sid`.
    ///
    /// # Errors
    /// [`Reason::IssMismatch`] for another issuer's; [`Reason::MalformedLogout`] for a request that
    /// names no session, as providers send it to a client that is not registered with
    /// `frontchannel_logout_session_required`. Any page could log the user out by such a request.
    pub fn check(&self, issuer: &IssuerRule) -> Result<(&str, &str), Error> {
        let (Some(iss), Some(sid)) = (&self.iss, &self.sid) else {
            let problem = "no iss and no sid: register frontchannel_logout_session_required";
            return Err(Reason::MalformedLogout(problem).into());
        };
        issuer.check_alone(iss)?;
        Ok((iss, sid))
    }
}

/// Says whether it names a session; the `sid` is known to few.
impl fmt::Debug for FrontChannelLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontChannelLogout")
            .field("iss", &self.iss)
            .field("has_sid", &self.sid.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_with_our_issuer_and_a_session_alone() {
        let issuer = IssuerRule::exact("https://idp.example");
        let outcome = |query: &str| {
            let read = FrontChannelLogout::query(query);
            let sid = read.and_then(|logout| logout.check(&issuer).map(|(_, sid)| sid.to_owned()));
            sid.unwrap_or_else(|error| error.code().to_owned())
        };
        for (query, expected) in [
            ("iss=https://idp.example&sid=abc", "abc"),
            ("?sid=a%20b&iss=https%3A%2F%2Fidp.example&x=1", "a b"),
            ("", "malformed_logout"),
            ("iss=&sid=", "malformed_logout"),
            ("iss=https://idp.example", "malformed_logout"),
            ("sid=abc", "malformed_logout"),
            ("iss=https://idp.example/&sid=abc", "iss_mismatch"),
            ("iss=https://evil.example&sid=abc", "iss_mismatch"),
            ("iss=https://idp.example&sid=abc&sid=def", "duplicate_param"),
            ("iss=https://idp.example&iss=https://idp.example&sid=abc", "duplicate_param"),
        ] {
            assert_eq!(outcome(query), expected, "{query}");
        }
    }

    #[test]
    fn of_a_template_the_issuer_of_any_tenant_that_is_meant_is_taken() {
        let template = "https://login.example/{tenantid}/v2.0";
        let all = IssuerRule::template(template, "{tenantid}", "tid").unwrap();
        let some = all.clone().only(["t-1"]);
        for (iss, by_all, by_some) in [
            ("https://login.example/t-1/v2.0", true, true),
            ("https://login.example/t-2/v2.0", true, false),
            (template, false, false),
            ("https://login.example//v2.0", false, false),
            ("https://login.example/v2.0", false, false),
            ("https://login.example/t-1/x/v2.0", false, false),
            ("https://login.example/t-1/v2.0/", false, false),
            ("https://evil.example/t-1/v2.0", false, false),
        ] {
            let logout = FrontChannelLogout::query(&format!("iss={iss}&sid=s")).unwrap();
            for (rule, taken) in [(&all, by_all), (&some, by_some)] {
                match logout.check(rule) {
                    Ok(told) => assert!(taken && told == (iss, "s"), "{iss}"),
                    Err(error) => assert!(!taken && error.code() == "iss_mismatch", "{iss}"),
                }
            }
        }
    }

    #[test]
    fn debug_holds_no_session() {
        let logout = FrontChannelLogout::query("iss=https://idp.example&sid=canary").unwrap();
        assert!(!format!("{logout:?}").contains("canary"));
    }
}
