//! HMAC-SHA1 signatures (RFC 5849 §3.4.2), against `oauth1-request`, `reqwest-oauth1` and the bare MAC.

use std::hint::black_box;
use std::num::NonZeroU64;

use benches::requests::{S1_SIGNATURE, SignedRequest, s1, s2};
use benches::{Contender, FLOOR, OURS, Table, peers};
use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, HeaderValue};
use oauth1_core::{Signer, TokenCredentials};
use oauth1_request::{Builder, Credentials, HMAC_SHA1, HmacSha1, ParameterList};
use protocol_core::{base64url, percent};
use reqwest_oauth1::OAuthClientProvider as _;
use sha1::Sha1;

const PEER: &str = "oauth1-request";

fn main() {
    let mut table = Table::from_args("oauth1");
    for (name, request) in [("S1", s1()), ("S2", s2())] {
        let signature = all_agree(&request);
        header_kept_key(&mut table, name, &request);
        header_of_url(&mut table, name, &request);
        header_per_call(&mut table, name, &request);
        whole_request(&mut table, name, &request);
        table.beside(&format!("{name} request"), || peers::measured(&request, &signature));
    }
    table.finish();
}

/// The key is made ready once, both get the same sorted pairs; ours writes into one buffer, the peer always
/// makes a new text.
fn header_kept_key(table: &mut Table, name: &str, request: &SignedRequest) {
    let (signer, pairs, mut out) = (request.signer(), request.pairs(), String::new());
    let ours = || header(&signer, request, request.uri, &pairs, &mut out);
    against_peer(table, &format!("{name} header kept key"), request, Box::new(ours));
}

/// As before, but ours reads the parameters of the query from the encoded URL.
fn header_of_url(table: &mut Table, name: &str, request: &SignedRequest) {
    let (signer, url, mut out) = (request.signer(), request.url(), String::new());
    let ours = || header(&signer, request, &url, &request.form, &mut out);
    against_peer(table, &format!("{name} header of a URL"), request, Box::new(ours));
}

/// Both begin with the secrets, and end with a new text.
fn header_per_call(table: &mut Table, name: &str, request: &SignedRequest) {
    let (signer, token) =
        (Signer::hmac_sha1(request.client_credentials()), request.token_credentials());
    let pairs = request.pairs();
    let ours = || drop(black_box(header_once(&signer, &token, request, &pairs)));
    against_peer(table, &format!("{name} header per call"), request, Box::new(ours));
}

fn against_peer(
    table: &mut Table,
    row: &str,
    request: &SignedRequest,
    ours: Box<dyn FnMut() + '_>,
) {
    let parameters = parameters(request);
    let peer = || {
        let builder = builder(black_box(request));
        black_box(builder.authorize(request.method, black_box(request.uri), &parameters));
    };
    table.row(row, vec![(OURS, ours), (FLOOR, floor(request)), (PEER, Box::new(peer))]);
}

/// A request that someone else built: its parameters are read from its query and body.
/// `oauth1-request` leaves that to the caller, who is here a short one. `reqwest-oauth1` builds the
/// request as well, and is left out of S1: beside a query it does not sign the form.
fn whole_request(table: &mut Table, name: &str, request: &SignedRequest) {
    let signer = request.signer().with_nonce(request.nonce);
    let mut ours = request.http_request();
    let builder = builder(request);
    let mut theirs = request.http_request();
    let (client, url) = (reqwest_client(request), request.url());
    let mut contenders: Vec<Contender<'_>> = vec![
        (OURS, Box::new(|| signer.sign(black_box(&mut ours), request.now()).expect("a signature"))),
        (FLOOR, floor(request)),
        (PEER, Box::new(|| sign_with_peer(&builder, request.uri, black_box(&mut theirs)))),
    ];
    if request.form.is_empty() {
        let work = || drop(black_box(sign_with_reqwest(&client, black_box(&url))));
        contenders.push(("reqwest-oauth1", Box::new(work)));
    }
    table.row(&format!("{name} request"), contenders);
}

fn header(
    signer: &Signer,
    request: &SignedRequest,
    url: &str,
    pairs: &[(&str, &str)],
    out: &mut String,
) {
    let (url, out) = (black_box(url), black_box(out));
    signer
        .authorization_header(request.method, url, pairs, request.nonce, request.now(), out)
        .expect("a signature");
}

fn header_once(
    signer: &Signer,
    token: &TokenCredentials,
    request: &SignedRequest,
    pairs: &[(&str, &str)],
) -> String {
    let (method, url) = (request.method, black_box(request.uri));
    let token = black_box(token);
    signer
        .authorization_header_for(token, method, url, pairs, request.nonce, request.now())
        .expect("a signature")
}

fn floor(request: &SignedRequest) -> Box<dyn FnMut()> {
    let (key, base_string) = (hmac(request), request.base_string());
    Box::new(move || {
        let mac = key.clone().chain_update(black_box(&base_string));
        black_box(mac.finalize().into_bytes());
    })
}

fn hmac(request: &SignedRequest) -> Hmac<Sha1> {
    Hmac::new_from_slice(request.hmac_key().as_bytes()).expect("a key of any length")
}

fn builder(request: &SignedRequest) -> Builder<'_, HmacSha1, &str, &str> {
    let client = Credentials::new(request.client.0, request.client.1);
    let token = Credentials::new(request.token.0, request.token.1);
    let mut builder = Builder::new(client, HMAC_SHA1);
    builder.token(token).nonce(request.nonce).timestamp(NonZeroU64::new(request.timestamp));
    builder.version(true);
    builder
}

type Pairs<K, V> = ParameterList<K, V, Vec<(K, V)>>;

fn parameters(request: &SignedRequest) -> Pairs<&'static str, &'static str> {
    ParameterList::new(request.pairs())
}

fn sign_with_peer(
    builder: &Builder<'_, HmacSha1, &str, &str>,
    uri: &str,
    request: &mut http::Request<String>,
) {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let form = request.body().as_bytes();
    let pairs = percent::form_pairs(query).chain(percent::form_pairs(form)).collect();
    let parameters: Pairs<_, _> = ParameterList::new(pairs);
    let header = builder.authorize(request.method().as_str(), uri, &parameters);
    let header = HeaderValue::try_from(header).expect("ASCII");
    request.headers_mut().insert(AUTHORIZATION, header);
}

type ReqwestClient = reqwest_oauth1::Client<
    reqwest_oauth1::Signer<'static, reqwest_oauth1::Secrets<'static>, reqwest_oauth1::DefaultSM>,
>;

fn reqwest_client(request: &SignedRequest) -> ReqwestClient {
    let secrets = reqwest_oauth1::Secrets::new(request.client.0, request.client.1)
        .token(request.token.0, request.token.1);
    let parameters = reqwest_oauth1::OAuthParameters::new()
        .nonce(request.nonce)
        .timestamp(request.timestamp)
        .version(true);
    reqwest::Client::new().oauth1_with_params(secrets, parameters)
}

fn sign_with_reqwest(client: &ReqwestClient, url: &str) -> reqwest::Request {
    client.get(url).generate_signature().expect("a signature").build().expect("a request")
}

/// A contender that signs something else would be no contender.
fn all_agree(request: &SignedRequest) -> String {
    let mac = hmac(request).chain_update(request.base_string()).finalize().into_bytes();
    let expected = base64url::encode_standard(mac);
    if request.url() == s1().url() {
        assert_eq!(expected, S1_SIGNATURE);
        assert_eq!(request.base_string().len(), 452);
    }
    let expected = format!("oauth_signature=\"{}\"", percent::encode(&expected));
    let holds = |header: &str| assert!(header.contains(&expected), "{header}: {expected}");

    let mut out = String::new();
    header(&request.signer(), request, &request.url(), &request.form, &mut out);
    holds(&out);
    header(&request.signer(), request, request.uri, &request.pairs(), &mut out);
    holds(&out);
    let client = Signer::hmac_sha1(request.client_credentials());
    holds(&header_once(&client, &request.token_credentials(), request, &request.pairs()));
    holds(&builder(request).authorize(request.method, request.uri, &parameters(request)));

    let mut ours = request.http_request();
    let signer = request.signer().with_nonce(request.nonce);
    signer.sign(&mut ours, request.now()).expect("a signature");
    let mut theirs = request.http_request();
    sign_with_peer(&builder(request), request.uri, &mut theirs);
    if request.form.is_empty() {
        let signed = sign_with_reqwest(&reqwest_client(request), &request.url());
        holds(signed.headers()[AUTHORIZATION].to_str().expect("ASCII"));
    }
    for signed in [ours, theirs] {
        holds(signed.headers()[AUTHORIZATION].to_str().expect("ASCII"));
    }
    expected
}
