//! How much a login asks of an application's author: counted here, so that prose cannot drift.

#[path = "../../axum-login/tests/counted/mod.rs"]
mod counted;

use counted::counted;

#[test]
fn a_login_takes_no_more_lines_than_it_should() {
    for (name, source, lines, most) in [
        ("OpenID Connect", include_str!("../src/openid.rs"), 15, 18),
        ("OAuth 2.0 with a profile call", include_str!("../src/oauth2.rs"), 16, 22),
        ("OAuth 1.0 with a profile call", include_str!("../src/oauth1.rs"), 16, 22),
    ] {
        assert_eq!(counted(source), lines, "{name}");
        assert!(lines <= most, "{name}: {lines} lines, at most {most}");
    }
}
