//! The grants: what a client trades for tokens at the token endpoint (RFC 6749 §4), one file each.
//!
//! Each is a builder whose `flow` is the whole conversation. What a caller adds with `param` can
//! neither replace a parameter of the grant's own nor be repeated, but for `resource` (RFC 8707 §2)
//! and `audience`.

mod authorization_code;
mod client_credentials;
mod refresh_token;

pub use authorization_code::AuthorizationCodeGrant;
pub use client_credentials::ClientCredentialsGrant;
pub use refresh_token::RefreshTokenGrant;

use protocol_core::{Endpoint, Flow, flow};

use crate::parameters::Parameters;
use crate::{Client, TokenResponse, TokenResponseRules};

/// One request to the token endpoint, and what its answer means.
fn token_request(
    token_endpoint: &Endpoint,
    client: &Client,
    parameters: &Parameters,
    rules: &TokenResponseRules,
) -> impl Flow<Output = TokenResponse> + Send + use<> {
    let request = client.post(token_endpoint, parameters.pairs().to_vec());
    let (client, rules) = (client.clone(), rules.clone());
    flow::exchange(request, move |response, now| {
        TokenResponse::read(&response, &rules, now).map_err(|error| client.explain(error))
    })
}
