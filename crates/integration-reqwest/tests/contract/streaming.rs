//! API calls: bodies of any length in bounded memory, and as long as it takes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use client_registry::{Body, HttpClient};
use http::Response;
use integration_reqwest::Client;
use protocol_core::{HttpError, HttpErrorKind};

use crate::server::{OK, Server, closed_port};
use crate::{CANARY, client};

const MIB: usize = 1024 * 1024;
const LARGE: usize = 64 * MIB;
/// What sockets and transport hold between the two ends, at the very most.
const ON_THE_WAY: usize = 16 * MIB;

async fn get(client: &Client, url: &str) -> Result<Response<Body>, HttpError> {
    client.call(http::Request::get(url).body(Body::empty()).unwrap()).await
}

async fn put(client: &Client, url: &str, body: Body) -> Result<Response<Body>, HttpError> {
    client.call(http::Request::put(url).body(body).unwrap()).await
}

/// Does not wait for long, and less for the whole of a protocol exchange.
fn hasty() -> Client {
    let (whole, each) = (Duration::from_millis(200), Duration::from_millis(400));
    Client::builder().timeout(whole).read_timeout(each).build().unwrap()
}

#[tokio::test]
async fn a_download_of_64_mib_is_never_held_whole() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let server = Server::start(move |_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n")?;
        let piece = vec![b'x'; MIB];
        (0..LARGE / MIB).try_for_each(|_| {
            to.write_all(&piece)?;
            counter.fetch_add(MIB, SeqCst);
            Ok(())
        })
    });
    let mut body = get(&client(), &server.url("/")).await.unwrap().into_body();
    assert_eq!(body.length(), Some(LARGE as u64));
    let first = body.chunk().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ahead = sent.load(SeqCst);
    assert!(ahead < ON_THE_WAY, "{ahead} bytes were taken although nobody read them");

    let (mut length, mut chunks, mut longest) = (first.len(), 1, first.len());
    while let Some(chunk) = body.chunk().await.unwrap() {
        assert!(chunk.iter().all(|byte| *byte == b'x'));
        (length, chunks, longest) = (length + chunk.len(), chunks + 1, longest.max(chunk.len()));
    }
    assert_eq!(length, LARGE);
    assert!(longest <= MIB && chunks >= LARGE / MIB, "{chunks} chunks, the longest {longest}");
}

#[tokio::test]
async fn an_upload_of_64_mib_is_made_as_it_is_taken() {
    for length in [None, Some(LARGE as u64)] {
        let made = Arc::new(AtomicUsize::new(0));
        let (url, receiver) = receiver(Duration::from_millis(300), made.clone());
        let piece = bytes::Bytes::from(vec![b'x'; MIB]);
        let source = move |_: &mut Context<'_>| {
            let more = made.fetch_add(MIB, SeqCst) < LARGE;
            Poll::Ready(more.then(|| Ok(piece.clone())))
        };
        let body = match length {
            Some(length) => Body::from_chunks(source).with_length(length),
            None => Body::from_chunks(source),
        };
        assert_eq!(put(&client(), &url, body).await.unwrap().status(), 200);
        let received = receiver.join().unwrap();
        assert_eq!(received.length, LARGE);
        let ahead = received.made_before_any_was_taken;
        assert!(ahead < ON_THE_WAY, "{ahead} bytes were made although nobody took them");
        let says = match length {
            Some(length) => format!("content-length: {length}\r\n"),
            None => "transfer-encoding: chunked\r\n".to_owned(),
        };
        assert!(received.head.contains(&says), "{}", received.head);
    }
}

#[tokio::test]
async fn bytes_are_sent_with_their_length() {
    let server = Server::answering(OK);
    for body in [Body::from("abc"), Body::from(vec![b'x'; 300_000]), Body::empty()] {
        let length = body.length().unwrap();
        let request = http::Request::post(server.url("/")).header("content-length", "7");
        client().call(request.body(body).unwrap()).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert!(request.contains(&format!("content-length: {length}\r\n")), "{request}");
        assert!(request.contains("accept-encoding: identity\r\n"));
    }
}

#[tokio::test]
async fn a_slow_body_is_waited_for_as_long_as_it_comes() {
    let server = Server::start(|_, to| {
        write!(to, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(80));
            to.write_all(b"1\r\nx\r\n")?;
        }
        to.write_all(b"0\r\n\r\n")
    });
    let began = Instant::now();
    let body = get(&hasty(), &server.url("/")).await.unwrap().into_body();
    assert_eq!(body.bytes().await.unwrap(), "xxxxxxxxxx");
    assert!(began.elapsed() > Duration::from_millis(800));
    let protocol = http::Request::get(server.url("/")).body(Vec::new()).unwrap();
    assert_eq!(hasty().send(protocol).await.unwrap_err().kind, HttpErrorKind::Timeout);
}

#[tokio::test]
async fn a_slow_upload_is_waited_for_as_long_as_it_is_taken() {
    let url = serve(|mut stream| {
        head(&mut stream);
        // The pauses together are far over the timeout.
        let mut piece = vec![0; 4 * MIB];
        for _ in 0..LARGE / piece.len() {
            thread::sleep(Duration::from_millis(100));
            stream.read_exact(&mut piece).unwrap();
        }
        stream.write_all(OK.as_bytes()).unwrap();
    });
    // What sockets hold is taken long after it was sent.
    let client = Client::builder().read_timeout(Duration::from_secs(1)).build().unwrap();
    let answer = put(&client, &url, vec![b'x'; LARGE].into()).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn the_time_that_our_own_source_and_reader_take_is_not_the_servers() {
    let (url, receiver) = receiver(Duration::ZERO, Arc::default());
    let (sender, mut chunks) = tokio::sync::mpsc::channel::<&'static str>(1);
    let body = Body::from_chunks(move |context: &mut Context<'_>| {
        chunks.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(chunk.into())))
    });
    let slow = tokio::spawn(async move {
        for chunk in ["one ", "two"] {
            tokio::time::sleep(Duration::from_millis(700)).await;
            sender.send(chunk).await.unwrap();
        }
    });
    let mut body = put(&hasty(), &url, body).await.unwrap().into_body();
    slow.await.unwrap();
    assert_eq!(receiver.join().unwrap().length, 7);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(body.chunk().await.unwrap().unwrap(), "ok");
}

#[tokio::test]
async fn a_server_that_stalls_is_a_timeout() {
    let wait = || thread::sleep(Duration::from_secs(3));
    let stalled_head = serve(move |mut stream| {
        head(&mut stream);
        wait();
    });
    let stalled_upload = serve(move |_stream| wait());
    for (url, body) in [(stalled_head, Body::empty()), (stalled_upload, vec![0; LARGE].into())] {
        let began = Instant::now();
        let error = put(&hasty(), &url, body).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Timeout, "{error}");
        assert!(error.to_string().contains("127.0.0.1") && error.to_string().contains("400ms"));
        assert!(began.elapsed() < Duration::from_secs(2));
    }

    let answers = [
        "content-length: 9\r\n\r\none",
        "transfer-encoding: chunked\r\n\r\n3\r\none\r\n",
        "\r\none",
    ];
    for answer in answers {
        let url = serve(move |mut stream| {
            head(&mut stream);
            write!(stream, "HTTP/1.1 200 OK\r\n{answer}").unwrap();
            wait();
        });
        let mut body = get(&hasty(), &url).await.unwrap().into_body();
        assert_eq!(body.chunk().await.unwrap().unwrap(), "one");
        let error = body.chunk().await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Timeout, "{error}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
        assert_eq!(body.chunk().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_whole_one() {
    let broken = [
        "content-length: 9\r\n\r\none",
        "transfer-encoding: chunked\r\n\r\n3\r\none\r\n",
        "transfer-encoding: chunked\r\n\r\n3\r\none\r\n9\r\ntw",
        "transfer-encoding: chunked\r\n\r\n3\r\none\r\ncanary\r\n",
    ];
    for answer in broken {
        let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{answer}"));
        let mut body = get(&client(), &server.url("/?canary")).await.unwrap().into_body();
        let error = loop {
            match body.chunk().await {
                Ok(chunk) => assert!(chunk.is_some(), "{answer} passes for whole"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind, HttpErrorKind::Other, "{error}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
        assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
    }
}

#[tokio::test]
async fn the_error_of_the_requests_own_source_is_the_calls() {
    let server = Server::silent();
    let mut next =
        [Ok("one".into()), Err(HttpError::new(HttpErrorKind::TooLarge, "ours"))].into_iter();
    let failing = Body::from_chunks(move |_: &mut Context<'_>| Poll::Ready(next.next()));
    let error = put(&client(), &server.url("/"), failing).await.unwrap_err();
    assert_eq!((error.kind, &*error.message), (HttpErrorKind::TooLarge, "ours"));

    let mut once = Some(Ok("one".into()));
    let short = Body::from_chunks(move |_: &mut Context<'_>| Poll::Ready(once.take()));
    let error = put(&client(), &server.url("/"), short.with_length(9)).await.unwrap_err();
    assert!(error.to_string().contains("6 bytes early"), "{error}");
}

#[tokio::test]
async fn an_answer_may_come_before_the_whole_body_went() {
    let url = serve(|mut stream| {
        head(&mut stream);
        let refusal = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig";
        stream.write_all(refusal.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(500));
    });
    let endless = |_: &mut Context<'_>| Poll::Pending;
    let answer = put(&client(), &url, Body::from_chunks(endless)).await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.into_body().bytes().await.unwrap(), "big");
}

#[tokio::test]
async fn dropping_an_answer_abandons_it() {
    let abandoned = Arc::new(AtomicBool::new(false));
    let flag = abandoned.clone();
    let server = Server::start(move |_, to| {
        write!(to, "HTTP/1.1 200 OK\r\n\r\n")?;
        let mut endless = std::iter::repeat_with(|| to.write_all(&[b'x'; 65536]));
        flag.store(endless.any(|written| written.is_err()), SeqCst);
        Ok(())
    });
    let mut body = get(&client(), &server.url("/")).await.unwrap().into_body();
    body.chunk().await.unwrap();
    drop(body);
    for _ in 0..100 {
        if abandoned.load(SeqCst) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server still sends");
}

#[tokio::test]
async fn a_coded_body_comes_only_where_it_was_asked_for_and_as_it_is() {
    let coded = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x02x";
    let server = Server::answering(coded);
    let error = get(&client(), &server.url("/")).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Other);
    assert!(error.to_string().contains("\"gzip\""), "{error}");

    let request = http::Request::get(server.url("/")).header("accept-encoding", "gzip");
    let answer = client().call(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(answer.into_body().bytes().await.unwrap(), "\x1f\x02x");
    assert!(server.requests()[1].contains("accept-encoding: gzip\r\n"));

    let head = http::Request::head(server.url("/")).body(Body::empty()).unwrap();
    assert_eq!(client().call(head).await.unwrap().body().length(), Some(0));
}

#[tokio::test]
async fn a_call_follows_no_redirect_and_goes_nowhere_else() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::answering(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n"
        ));
        let answer = put(&client(), &server.url("/"), "x".into()).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(server.requests().len(), 1);
    }
    for url in ["http://api.example/", "http://localhost@evil.example/", "ftp://127.0.0.1/"] {
        let error = get(&client(), url).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Refused, "{url}: {error}");
    }
    let nobody = format!("http://127.0.0.1:{}/?canary", closed_port());
    let error = get(&client(), &nobody).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Connect);
    assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
}

/// The address of a server that talks by `talk` to whoever comes first.
fn serve(talk: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || talk(listener.accept().unwrap().0));
    format!("http://{address}/")
}

/// What a [`receiver`] saw.
struct Received {
    head: String,
    /// Of the body, its transfer coding taken off.
    length: usize,
    made_before_any_was_taken: usize,
}

/// A server that takes a body of any length after a pause.
fn receiver(pause: Duration, made: Arc<AtomicUsize>) -> (String, thread::JoinHandle<Received>) {
    let (tell, told) = std::sync::mpsc::channel();
    let url = serve(move |stream| tell.send(stream).unwrap());
    let thread = thread::spawn(move || {
        let mut stream = told.recv().unwrap();
        let head = head(&mut stream);
        thread::sleep(pause);
        let made_before_any_was_taken = made.load(SeqCst);
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = match announced {
            Some(length) => length.parse().unwrap(),
            None => {
                let mut from = BufReader::new(&stream);
                let chunks = std::iter::from_fn(|| Some(take_chunk(&mut from)));
                chunks.take_while(|length| *length > 0).sum()
            }
        };
        if announced.is_some() {
            let taken = std::io::copy(&mut (&stream).take(length as u64), &mut std::io::sink());
            assert_eq!(taken.unwrap(), length as u64);
        }
        stream.write_all(OK.as_bytes()).unwrap();
        Received { head, length, made_before_any_was_taken }
    });
    (url, thread)
}

/// The head of a request, byte by byte, so that nothing of the body is taken.
fn head(from: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        from.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Takes one chunk (RFC 9112 §7.1) and says how long it was.
fn take_chunk(from: &mut impl BufRead) -> usize {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
    let mut data = vec![0; length + 2];
    from.read_exact(&mut data).unwrap();
    assert!(data.ends_with(b"\r\n"));
    length
}
