//! What an adapter's layer costs a request that has nothing to do with logins: under a microsecond, and
//! not one allocation. Fails where it costs more.
//!
//! Measured is a service that answers at once, with the layer and without it, in turns, so that a busy
//! machine slows both. In Rocket it is a whole application, asked by Rocket's own client.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse, Transform as _, fn_service};
use actix_web::test::TestRequest;
use actix_web::{HttpRequest, HttpResponse};
use client_registry::{Registry, Seal};
use http::{Request, Response};
use integration_actix_web::OAuthMiddleware;
use integration_axum::{OAuth, OAuthLayer, providers};
use integration_rocket::OAuthFairing;
use rocket::config::{Config, LogLevel};
use rocket::local::asynchronous::Client;
use rocket::{Build, Rocket};
use tower_layer::Layer as _;
use tower_service::Service;

fn main() -> ExitCode {
    let rows = [axum(), actix(), rocket()];
    println!("| layer | without | with | it costs | allocations |");
    println!("| --- | --- | --- | --- | --- |");
    for row in &rows {
        let [without, with] = [row.without, row.with].map(|time| time.as_nanos());
        let costs = row.costs().as_nanos();
        println!("| {} | {without} ns | {with} ns | {costs} ns | {} |", row.name, row.allocations);
    }
    let holds = rows.iter().all(|row| row.costs() < MOST && row.allocations == 0);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const MOST: Duration = Duration::from_micros(1);

struct Row {
    name: &'static str,
    /// Medians of one request.
    without: Duration,
    with: Duration,
    /// Those of the layer, in one request.
    allocations: i64,
}

impl Row {
    fn costs(&self) -> Duration {
        self.with.saturating_sub(self.without)
    }
}

fn axum() -> Row {
    let mut bare = Plain;
    let mut layered = OAuthLayer::new(registry(), Seal::generate()).layer(Plain);
    let request = || Request::new(());
    row(
        "axum",
        request,
        |request| at_once(bare.call(request)),
        |request| at_once(layered.call(request)),
    )
}

/// A service that answers at once.
#[derive(Clone)]
struct Plain;

impl Service<Request<()>> for Plain {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::new(())))
    }
}

fn actix() -> Row {
    let bare = fn_service(answer);
    let logins = OAuthMiddleware::new(registry(), Seal::generate());
    let Ok(layered) = at_once(logins.new_transform(fn_service(answer))) else {
        unreachable!("making the middleware cannot fail")
    };
    // As actix-web keeps it: one request's memory serves the next.
    let http = TestRequest::default().to_http_request();
    let request = move || -> HttpRequest { http.clone() };
    row(
        "actix-web",
        request,
        |request| at_once(bare.call(ServiceRequest::from_request(request))).is_ok(),
        |request| at_once(layered.call(ServiceRequest::from_request(request))).is_ok(),
    )
}

fn answer(request: ServiceRequest) -> Ready<Result<ServiceResponse, actix_web::Error>> {
    ready(Ok(request.into_response(HttpResponse::Ok().finish())))
}

fn rocket() -> Row {
    let application = |rocket: Rocket<Build>| {
        let rocket = rocket.mount("/", rocket::routes![plain]);
        at_once(Client::untracked(rocket)).expect("an application that starts")
    };
    // Nothing of its own: the log, say, would be measured with it.
    let config = || Config { log_level: LogLevel::Off, ..Config::release_default() };
    let bare = application(rocket::custom(config()));
    let logins = OAuthFairing::new(registry(), Seal::generate());
    let layered = application(rocket::custom(config()).attach(logins));
    let status = |client: &Client| at_once(client.get("/").dispatch()).status();
    row("rocket", || (), |()| status(&bare), |()| status(&layered))
}

#[rocket::get("/")]
fn plain() {}

/// Measures both, in turns.
fn row<R, A, B>(
    name: &'static str,
    request: impl Fn() -> R,
    mut bare: impl FnMut(R) -> A,
    mut layered: impl FnMut(R) -> B,
) -> Row {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        times[0].push(turn(&request, &mut bare));
        times[1].push(turn(&request, &mut layered));
    }
    let [without, with] = times.map(|mut all| {
        all.sort_unstable();
        all[TURNS / 2]
    });
    let count = |allocations: allocation_counter::AllocationInfo| allocations.count_total;
    let (one, other) = (request(), request());
    let without_layer = count(allocation_counter::measure(|| drop(black_box(bare(one)))));
    let with_layer = count(allocation_counter::measure(|| drop(black_box(layered(other)))));
    let allocations = with_layer.cast_signed() - without_layer.cast_signed();
    Row { name, without, with, allocations }
}

const TURNS: usize = 201;
const REQUESTS: u32 = 1000;

/// One request's time, of a turn of many.
fn turn<R, A>(request: &impl Fn() -> R, service: &mut impl FnMut(R) -> A) -> Duration {
    let began = Instant::now();
    for _ in 0..REQUESTS {
        black_box(service(request()));
    }
    began.elapsed() / REQUESTS
}

/// The output of a future that has nothing to wait for.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

fn registry() -> Registry {
    let github = providers::github().client_id("id").client_secret("secret");
    let builder = OAuth::builder().public_url("https://app.example").expect("a URL");
    builder.register("github", github).build().expect("good settings")
}
