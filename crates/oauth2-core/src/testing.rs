//! What the tests of this crate drive flows with.

use std::fmt::Write as _;

use http::{Request, Response};
use protocol_core::{Error, Flow, Input, Step, UnixTime};

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

/// The first request of a flow, written out.
pub(crate) fn start<F: Flow>(flow: &mut F) -> String {
    match flow.step(Input::Start, NOW).unwrap() {
        Step::Send(request) => written(&request),
        _ => panic!("it asks first"),
    }
}

/// What a flow makes of the answer to its last request.
pub(crate) fn finish<F: Flow>(
    flow: &mut F,
    response: Response<Vec<u8>>,
) -> Result<F::Output, Error> {
    match flow.step(Input::Response(response), NOW)? {
        Step::Done(output) => Ok(output),
        _ => panic!("no further request is due"),
    }
}

pub(crate) fn answer(
    status: u16,
    content_type: &str,
    body: impl Into<Vec<u8>>,
) -> Response<Vec<u8>> {
    let response = Response::builder().status(status).header("content-type", content_type);
    response.body(body.into()).unwrap()
}

fn written(request: &Request<Vec<u8>>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    text.push('\n');
    text.push_str(std::str::from_utf8(request.body()).unwrap());
    text
}
