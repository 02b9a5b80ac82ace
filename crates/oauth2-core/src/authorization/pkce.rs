//! Proof Key for Code Exchange (RFC 7636).

use protocol_core::{CodeVerifier, Error, base64url, digest, random};

/// A code verifier and how its challenge is made.
#[derive(Clone, Debug)]
pub struct Pkce {
    method: CodeChallengeMethod,
    code_verifier: CodeVerifier,
}

/// How the challenge is made of the verifier (RFC 7636 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeChallengeMethod {
    /// The verifier's SHA-256.
    S256,
    /// The verifier itself: whoever sees the request can use the code. Only for servers that cannot
    /// do better.
    DangerPlain,
}

impl CodeChallengeMethod {
    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            CodeChallengeMethod::S256 => "S256",
            CodeChallengeMethod::DangerPlain => "plain",
        }
    }
}

impl Pkce {
    /// A new verifier of 256 random bits, with S256.
    pub fn random() -> Self {
        let code_verifier = CodeVerifier::new(random::token());
        Pkce { method: CodeChallengeMethod::S256, code_verifier }
    }

    /// This verifier, with S256.
    ///
    /// # Errors
    /// [`Error::Config`] for what is not 43 to 128 unreserved characters (RFC 7636 §4.1).
    pub fn s256(code_verifier: CodeVerifier) -> Result<Self, Error> {
        check(&code_verifier)?;
        Ok(Pkce { method: CodeChallengeMethod::S256, code_verifier })
    }

    /// This verifier, sent as its own challenge.
    ///
    /// # Errors
    /// As [`Pkce::s256`].
    pub fn danger_plain(code_verifier: CodeVerifier) -> Result<Self, Error> {
        check(&code_verifier)?;
        Ok(Pkce { method: CodeChallengeMethod::DangerPlain, code_verifier })
    }

    /// The challenge, for the authorization request.
    pub fn code_challenge(&self) -> String {
        let verifier = self.code_verifier.expose();
        match self.method {
            CodeChallengeMethod::S256 => base64url::encode(digest::sha256(verifier.as_bytes())),
            CodeChallengeMethod::DangerPlain => verifier.to_owned(),
        }
    }

    /// How it was made.
    pub fn code_challenge_method(&self) -> CodeChallengeMethod {
        self.method
    }

    /// The verifier, for the token request: keep it until then, where the browser cannot read it.
    pub fn code_verifier(&self) -> &CodeVerifier {
        &self.code_verifier
    }
}

fn check(verifier: &CodeVerifier) -> Result<(), Error> {
    let text = verifier.expose();
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved) {
        return Ok(());
    }
    Err(Error::config("code_verifier", "expected 43 to 128 unreserved characters (RFC 7636 4.1)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_example_of_rfc_7636_appendix_b_is_met() {
        let pkce = Pkce::s256(EXAMPLE.into()).unwrap();
        assert_eq!(pkce.code_challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(pkce.code_challenge_method().as_str(), "S256");
        let plain = Pkce::danger_plain(EXAMPLE.into()).unwrap();
        assert_eq!((&*plain.code_challenge(), plain.method.as_str()), (EXAMPLE, "plain"));
    }

    #[test]
    fn a_random_verifier_is_a_valid_one_and_new_each_time() {
        let (a, b) = (Pkce::random(), Pkce::random());
        assert!(check(a.code_verifier()).is_ok());
        assert_ne!(a.code_challenge(), b.code_challenge());
    }

    #[test]
    fn a_short_long_or_strange_verifier_is_refused() {
        let strange = format!("{}+", &EXAMPLE[1..]);
        for text in ["", "short", &EXAMPLE[1..], &"a".repeat(129), &strange] {
            let error = Pkce::s256(text.into()).unwrap_err();
            assert_eq!(error.code(), "config");
            assert!(Pkce::danger_plain(text.into()).is_err());
        }
        assert!(Pkce::s256("a".repeat(128).into()).is_ok());
    }
}
