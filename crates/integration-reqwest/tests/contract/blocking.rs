//! Flows without a runtime.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use client_registry::{Clock, drive, drive_blocking};
use integration_reqwest::{Client, blocking};
use protocol_core::flow::exchange;
use protocol_core::{Error, Flow, HttpErrorKind, Input, Step, UnixTime};

use crate::server::{OK, Server, closed_port};

/// Asks until the answer is 200; yields how often it asked.
struct Poll {
    url: String,
    asked: usize,
}

impl Flow for Poll {
    type Output = usize;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<usize>, Error> {
        match input {
            Input::Start | Input::Elapsed => {
                self.asked += 1;
                Ok(Step::Send(http::Request::get(&self.url).body(Vec::new()).unwrap()))
            }
            Input::Response(answer) if answer.status() == 200 => Ok(Step::Done(self.asked)),
            Input::Response(_) => Ok(Step::WaitUntil(now.after(Duration::from_secs(1)))),
            Input::Failed(error) => Err(error.into()),
        }
    }
}

/// Says "not yet" once.
fn reluctant() -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |_, to| match asked.fetch_add(1, SeqCst) {
        0 => to.write_all(b"HTTP/1.1 400 Not Yet\r\ncontent-length: 0\r\n\r\n"),
        _ => to.write_all(OK.as_bytes()),
    })
}

fn blocking_client() -> blocking::Client {
    blocking::Client::new(Client::builder()).unwrap()
}

#[test]
fn a_polling_flow_runs_on_a_plain_thread() {
    let server = reluctant();
    let http = blocking_client();
    let poll = Poll { url: server.url("/"), asked: 0 };
    let asked = drive_blocking(poll, |request| http.send(request), &Clock::system()).unwrap();
    assert_eq!((asked, server.connections()), (2, 2));
}

#[tokio::test]
async fn a_polling_flow_runs_on_the_runtime() {
    let server = reluctant();
    let poll = Poll { url: server.url("/"), asked: 0 };
    let asked = drive(poll, &crate::client(), &Clock::system()).await.unwrap();
    assert_eq!((asked, server.connections()), (2, 2));
}

#[test]
fn a_failure_keeps_its_kind_through_the_flow() {
    let http = blocking_client();
    let url = format!("http://127.0.0.1:{}/", closed_port());
    let flow = exchange(http::Request::get(url).body(Vec::new()).unwrap(), |_, _| Ok(()));
    let error = drive_blocking(flow, |request| http.send(request), &Clock::system()).unwrap_err();
    assert!(matches!(error, Error::Http(e) if e.kind == HttpErrorKind::Connect));
}

#[test]
fn threads_share_one_client() {
    let server = Server::answering(OK);
    let http = blocking_client();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let request = http::Request::get(server.url("/")).body(Vec::new()).unwrap();
                assert_eq!(http.send(request).unwrap().status(), 200);
            });
        }
    });
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn on_a_runtimes_thread_it_waits_and_does_not_panic() {
    let server = Server::answering(OK);
    let http = blocking_client();
    let request = http::Request::get(server.url("/")).body(Vec::new()).unwrap();
    assert_eq!(http.send(request).unwrap().status(), 200);
    drop(http);
}
