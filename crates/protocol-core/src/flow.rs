//! A conversation with a server, one request or many, without the I/O.
//!
//! The whole driver, blocking or async, is a loop:
//!
//! ```
//! use protocol_core::{Error, Flow, HttpError, Input, Step, UnixTime};
//!
//! fn drive<F: Flow>(
//!     mut flow: F,
//!     mut send: impl FnMut(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, HttpError>,
//!     mut sleep_until: impl FnMut(UnixTime),
//!     now: impl Fn() -> UnixTime,
//! ) -> Result<F::Output, Error> {
//!     let mut input = Input::Start;
//!     loop {
//!         input = match flow.step(input, now())? {
//!             Step::Send(request) => match send(request) {
//!                 Ok(response) => Input::Response(response),
//!                 Err(error) => Input::Failed(error),
//!             },
//!             Step::WaitUntil(time) => {
//!                 sleep_until(time);
//!                 Input::Elapsed
//!             }
//!             Step::Done(output) => return Ok(output),
//!         }
//!     }
//! }
//! ```

use std::fmt;

use crate::{Error, HttpError, UnixTime};

/// A conversation with a server: feed it what happened, do what it says.
///
/// A flow is finished once it has answered [`Step::Done`] or an error; stepping it further is a
/// mistake of the driver and answers [`Error::Config`].
pub trait Flow {
    /// What the conversation yields.
    type Output;

    /// Takes what happened last and says what to do next. `now` is the driver's clock.
    ///
    /// # Errors
    /// What went wrong; the conversation is over.
    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<Self::Output>, Error>;

    /// The same conversation, its output turned by `turn`.
    fn map<T, M>(self, turn: M) -> Map<Self, M>
    where
        Self: Sized,
        M: FnOnce(Self::Output) -> T,
    {
        Map { flow: self, turn: Some(turn) }
    }

    /// This conversation, then the one that `next` makes of its output.
    fn and_then<G, N>(self, next: N) -> AndThen<Self, G, N>
    where
        Self: Sized,
        G: Flow,
        N: FnOnce(Self::Output, UnixTime) -> Result<G, Error>,
    {
        AndThen::First(self, Some(next))
    }
}

impl<F: Flow + ?Sized> Flow for Box<F> {
    type Output = F::Output;
    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<F::Output>, Error> {
        (**self).step(input, now)
    }
}

impl<F: Flow + ?Sized> Flow for &mut F {
    type Output = F::Output;
    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<F::Output>, Error> {
        (**self).step(input, now)
    }
}

/// What happened since the last step.
pub enum Input {
    /// Nothing yet: the first step of every flow.
    Start,
    /// The answer to the request of the last [`Step::Send`].
    Response(http::Response<Vec<u8>>),
    /// The request of the last [`Step::Send`] got no answer.
    Failed(HttpError),
    /// The time of the last [`Step::WaitUntil`] has come.
    Elapsed,
}

/// Shows the kind and a response's status: its body may hold tokens.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Start => f.write_str("Start"),
            Input::Response(response) => write!(f, "Response({})", response.status()),
            Input::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Input::Elapsed => f.write_str("Elapsed"),
        }
    }
}

/// What the driver is to do next.
#[allow(clippy::large_enum_variant)] // A step lives for one turn of the driver; a box is dearer.
pub enum Step<T> {
    /// Send this request and come back with [`Input::Response`] or [`Input::Failed`].
    Send(http::Request<Vec<u8>>),
    /// Come back with [`Input::Elapsed`] at this time.
    WaitUntil(UnixTime),
    /// The conversation is over; this is what it yields.
    Done(T),
}

/// Shows the kind and a request's method and host: the rest may hold secrets.
impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Send(request) => {
                let host = request.uri().host().unwrap_or_default();
                write!(f, "Send({} {host})", request.method())
            }
            Step::WaitUntil(time) => f.debug_tuple("WaitUntil").field(time).finish(),
            Step::Done(_) => f.write_str("Done(..)"),
        }
    }
}

/// One request, and what its answer means.
pub fn exchange<T, P>(request: http::Request<Vec<u8>>, parse: P) -> Exchange<P>
where
    P: FnOnce(http::Response<Vec<u8>>, UnixTime) -> Result<T, Error>,
{
    Exchange { request: Some(request), parse: Some(parse) }
}

/// A conversation that is over before it begins.
pub fn done<T>(output: T) -> Done<T> {
    Done(Some(output))
}

/// Made by [`exchange`].
pub struct Exchange<P> {
    request: Option<http::Request<Vec<u8>>>,
    parse: Option<P>,
}

impl<T, P> Flow for Exchange<P>
where
    P: FnOnce(http::Response<Vec<u8>>, UnixTime) -> Result<T, Error>,
{
    type Output = T;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<T>, Error> {
        match input {
            Input::Start => {
                let request = self.request.take().ok_or_else(out_of_turn)?;
                Ok(Step::Send(request))
            }
            Input::Response(response) if self.request.is_none() => {
                let parse = self.parse.take().ok_or_else(out_of_turn)?;
                parse(response, now).map(Step::Done)
            }
            Input::Failed(error) => Err(Error::Http(error)),
            Input::Response(_) | Input::Elapsed => Err(out_of_turn()),
        }
    }
}

/// Made by [`done`].
pub struct Done<T>(Option<T>);

impl<T> Flow for Done<T> {
    type Output = T;
    fn step(&mut self, _input: Input, _now: UnixTime) -> Result<Step<T>, Error> {
        self.0.take().map(Step::Done).ok_or_else(out_of_turn)
    }
}

/// Made by [`Flow::map`].
pub struct Map<F, M> {
    flow: F,
    turn: Option<M>,
}

impl<F: Flow, T, M: FnOnce(F::Output) -> T> Flow for Map<F, M> {
    type Output = T;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<T>, Error> {
        Ok(match self.flow.step(input, now)? {
            Step::Send(request) => Step::Send(request),
            Step::WaitUntil(time) => Step::WaitUntil(time),
            Step::Done(output) => {
                let turn = self.turn.take().ok_or_else(out_of_turn)?;
                Step::Done(turn(output))
            }
        })
    }
}

/// Made by [`Flow::and_then`].
pub enum AndThen<F, G, N> {
    /// The first conversation, and what makes the second of its output.
    First(F, Option<N>),
    /// The second conversation.
    Second(G),
}

impl<F, G, N> Flow for AndThen<F, G, N>
where
    F: Flow,
    G: Flow,
    N: FnOnce(F::Output, UnixTime) -> Result<G, Error>,
{
    type Output = G::Output;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<G::Output>, Error> {
        match self {
            AndThen::First(first, next) => Ok(match first.step(input, now)? {
                Step::Send(request) => Step::Send(request),
                Step::WaitUntil(time) => Step::WaitUntil(time),
                Step::Done(output) => {
                    let next = next.take().ok_or_else(out_of_turn)?;
                    let mut second = next(output, now)?;
                    let step = second.step(Input::Start, now)?;
                    *self = AndThen::Second(second);
                    step
                }
            }),
            AndThen::Second(second) => second.step(input, now),
        }
    }
}

fn out_of_turn() -> Error {
    Error::config("flow", "it was stepped out of turn; the driver feeds each step's answer once")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HttpErrorKind;

    const NOW: UnixTime = UnixTime::from_seconds(7);

    fn ask(path: &str) -> impl Flow<Output = u16> + use<> {
        let request = http::Request::get(format!("https://a.example{path}")).body(vec![]).unwrap();
        exchange(request, |response, _| Ok(response.status().as_u16()))
    }

    fn answer(status: u16) -> Input {
        Input::Response(http::Response::builder().status(status).body(vec![]).unwrap())
    }

    #[test]
    fn two_exchanges_chain_and_map() {
        let mut flow = ask("/one").and_then(|one, _| Ok(ask("/two").map(move |two| (one, two))));
        let Step::Send(first) = flow.step(Input::Start, NOW).unwrap() else { panic!() };
        assert_eq!(first.uri().path(), "/one");
        let Step::Send(second) = flow.step(answer(201), NOW).unwrap() else { panic!() };
        assert_eq!(second.uri().path(), "/two");
        let Step::Done(both) = flow.step(answer(202), NOW).unwrap() else { panic!() };
        assert_eq!(both, (201, 202));
    }

    #[test]
    fn a_flow_out_of_turn_is_an_error_and_no_panic() {
        let mut flow = ask("/");
        assert_eq!(flow.step(answer(200), NOW).unwrap_err().code(), "config");
        assert!(flow.step(Input::Start, NOW).is_ok());
        assert_eq!(flow.step(Input::Elapsed, NOW).unwrap_err().code(), "config");
        assert!(flow.step(answer(200), NOW).is_ok());
        assert_eq!(flow.step(answer(200), NOW).unwrap_err().code(), "config");
        assert_eq!(flow.step(Input::Start, NOW).unwrap_err().code(), "config");
    }

    #[test]
    fn a_failed_request_ends_the_flow_with_the_network_error() {
        let mut flow = ask("/").map(|_| ());
        flow.step(Input::Start, NOW).unwrap();
        let error = HttpError::new(HttpErrorKind::Timeout, "no answer");
        let error = flow.step(Input::Failed(error), NOW).unwrap_err();
        assert!(matches!(error, Error::Http(_)) && error.is_retryable());
    }

    #[test]
    fn debug_holds_no_query_and_no_body() {
        let request = http::Request::get("https://a.example/p?canary=1").body(b"canary".to_vec());
        let step: Step<()> = Step::Send(request.unwrap());
        assert_eq!(format!("{step:?}"), "Send(GET a.example)");
        let response = http::Response::new(b"canary".to_vec());
        assert_eq!(format!("{:?}", Input::Response(response)), "Response(200 OK)");
        assert_eq!(format!("{:?}", Step::Done("canary")), "Done(..)");
    }
}
