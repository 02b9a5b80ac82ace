//! Runs a [`Flow`] over the network, async ([`drive`]) or blocking ([`drive_blocking`]).

use protocol_core::{Error, Flow, HttpError, Input, Step};

use crate::clock::Clock;
use crate::http::HttpClient;

/// Runs `flow` to its end: sends its requests by `http` and sleeps where it waits.
///
/// The future may be dropped at any time; a request that is under way is then abandoned. It is
/// `Send` where the flow and its output are. A flow that waits (device polling) needs a tokio
/// runtime with its time driver on; others run on any executor that `http` runs on.
///
/// # Errors
/// What the flow answers, the network's failure ([`Error::Http`]) among it.
pub async fn drive<F: Flow>(
    mut flow: F,
    http: &dyn HttpClient,
    clock: &Clock,
) -> Result<F::Output, Error> {
    let mut input = Input::Start;
    loop {
        input = match flow.step(input, clock.now())? {
            Step::Send(request) => answer(http.send(request).await),
            Step::WaitUntil(time) => {
                tokio::time::sleep(time.since(clock.now())).await;
                Input::Elapsed
            }
            Step::Done(output) => return Ok(output),
        }
    }
}

/// Runs `flow` to its end on this thread: sends its requests by `send` and sleeps the thread where
/// it waits. `send` keeps the contract of [`HttpClient`].
///
/// ```
/// use client_registry::clock::Clock;
/// use client_registry::driver::drive_blocking;
/// use protocol_core::{Error, flow::exchange};
///
/// let request = http::Request::get("https://api.example/answer").body(Vec::new())?;
/// let flow = exchange(request, |response, _now| Ok(response.into_body().len()));
/// let send = |_request| Ok(http::Response::new(b"forty-two".to_vec()));
/// assert_eq!(drive_blocking(flow, send, &Clock::system())?, 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What the flow answers, the network's failure ([`Error::Http`]) among it.
pub fn drive_blocking<F: Flow>(
    mut flow: F,
    mut send: impl FnMut(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, HttpError>,
    clock: &Clock,
) -> Result<F::Output, Error> {
    let mut input = Input::Start;
    loop {
        input = match flow.step(input, clock.now())? {
            Step::Send(request) => answer(send(request)),
            Step::WaitUntil(time) => {
                std::thread::sleep(time.since(clock.now()));
                Input::Elapsed
            }
            Step::Done(output) => return Ok(output),
        }
    }
}

fn answer(answer: Result<http::Response<Vec<u8>>, HttpError>) -> Input {
    match answer {
        Ok(response) => Input::Response(response),
        Err(error) => Input::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use protocol_core::{HttpErrorKind, UnixTime};

    use super::*;
    use crate::http::BoxFuture;

    type Answer = Result<http::Response<Vec<u8>>, HttpError>;

    /// Answers from a script and keeps what it was asked.
    struct Scripted {
        script: Mutex<VecDeque<Answer>>,
        asked: Mutex<Vec<String>>,
    }

    impl Scripted {
        fn new(script: impl IntoIterator<Item = Answer>) -> Self {
            let script = Mutex::new(script.into_iter().collect());
            Scripted { script, asked: Mutex::default() }
        }

        fn answer(&self, request: &http::Request<Vec<u8>>) -> Answer {
            self.asked.lock().unwrap().push(request.uri().to_string());
            self.script.lock().unwrap().pop_front().expect("a request that the script lacks")
        }

        fn asked(&self) -> usize {
            self.asked.lock().unwrap().len()
        }
    }

    impl HttpClient for Scripted {
        fn send(&self, request: http::Request<Vec<u8>>) -> BoxFuture<'_, Answer> {
            Box::pin(async move { self.answer(&request) })
        }
    }

    /// Asks until the answer is 200 and waits `interval` in between, as device polling does; yields
    /// the times at which it asked.
    struct Poll {
        interval: Duration,
        asked_at: Vec<u64>,
    }

    impl Poll {
        fn every(seconds: u64) -> Self {
            Poll { interval: Duration::from_secs(seconds), asked_at: Vec::new() }
        }
    }

    impl Flow for Poll {
        type Output = Vec<u64>;

        fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<Vec<u64>>, Error> {
            match input {
                Input::Start | Input::Elapsed => {
                    self.asked_at.push(now.seconds());
                    let request = http::Request::get("https://idp.example/poll").body(Vec::new());
                    Ok(Step::Send(request.unwrap()))
                }
                Input::Response(response) if response.status() == 200 => {
                    Ok(Step::Done(std::mem::take(&mut self.asked_at)))
                }
                Input::Response(_) => Ok(Step::WaitUntil(now.after(self.interval))),
                Input::Failed(error) => Err(error.into()),
            }
        }
    }

    fn status(status: u16) -> Answer {
        Ok(http::Response::builder().status(status).body(Vec::new()).unwrap())
    }

    /// Follows tokio's clock, which a paused runtime moves to the end of each sleep.
    fn tokio_clock() -> Clock {
        let began = tokio::time::Instant::now();
        Clock::from_fn(move || UnixTime::from_seconds(1000).after(began.elapsed()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_polling_flow_asks_again_when_its_time_has_come() {
        let http = Scripted::new([status(400), status(400), status(200)]);
        let asked_at = drive(Poll::every(5), &http, &tokio_clock()).await.unwrap();
        assert_eq!(asked_at, [1000, 1005, 1010]);
        assert_eq!(*http.asked.lock().unwrap(), ["https://idp.example/poll"; 3]);
    }

    #[tokio::test]
    async fn the_networks_failure_reaches_the_flow_and_nothing_more_is_asked() {
        let http = Scripted::new([Err(HttpError::new(HttpErrorKind::Timeout, "no answer"))]);
        let error = drive(Poll::every(5), &http, &Clock::system()).await.unwrap_err();
        assert_eq!(error.code(), "http_timeout");
        assert_eq!(http.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flow_that_is_dropped_asks_no_more() {
        let http = Scripted::new([status(400)]);
        let clock = tokio_clock();
        let driven = drive(Poll::every(3600), &http, &clock);
        let ended = tokio::time::timeout(Duration::from_secs(60), driven).await;
        assert!(ended.is_err());
        assert_eq!(http.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_that_has_passed_is_not_waited_for() {
        let clock = Clock::from_fn(|| UnixTime::from_seconds(1000));
        let began = tokio::time::Instant::now();
        let http = Scripted::new([status(400), status(200)]);
        drive(Poll::every(0), &http, &clock).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn a_blocking_poll_sleeps_the_thread_and_asks_again() {
        let http = Scripted::new([status(400), status(200)]);
        let began = Instant::now();
        let clock = Clock::from_fn(move || UnixTime::from_seconds(1000).after(began.elapsed()));
        let asked_at =
            drive_blocking(Poll::every(1), |request| http.answer(&request), &clock).unwrap();
        assert_eq!(asked_at.len(), 2);
        assert!(asked_at[1] > asked_at[0] && began.elapsed() >= Duration::from_secs(1));
        assert_eq!(http.asked(), 2);
    }

    #[test]
    fn a_blocking_failure_reaches_the_flow() {
        let refused = HttpError::new(HttpErrorKind::Refused, "http beyond loopback");
        let http = Scripted::new([Err(refused)]);
        let error =
            drive_blocking(Poll::every(1), |r| http.answer(&r), &Clock::system()).unwrap_err();
        assert_eq!(error.code(), "http_refused");
        assert_eq!(http.asked(), 1);
    }

    #[test]
    fn the_driven_future_may_move_between_threads() {
        fn is_send(_: &impl Send) {}
        let http = Scripted::new([]);
        is_send(&drive(Poll::every(1), &http, &Clock::system()));
    }
}
