//! A server on 127.0.0.1 that answers as a test says, by raw bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Stops accepting when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    stopped: AtomicBool,
    keeps_connections: AtomicBool,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

type Answer = dyn Fn(&str, &mut dyn Write) -> std::io::Result<()> + Send + Sync;

impl Server {
    /// Answers each request, whose whole text is the first argument, by what `answer` writes; then
    /// the connection is closed.
    pub(crate) fn start(
        answer: impl Fn(&str, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Server::serve(None, Arc::new(answer))
    }

    /// Always the same answer.
    pub(crate) fn answering(text: impl Into<String>) -> Self {
        let text = text.into();
        Server::start(move |_, to| to.write_all(text.as_bytes()))
    }

    /// Answers every request by 200 and keeps connections open.
    pub(crate) fn keeping_connections() -> Self {
        let server = Server::answering(OK);
        server.state.keeps_connections.store(true, SeqCst);
        server
    }

    /// Takes connections and never says a word.
    pub(crate) fn silent() -> Self {
        Server::start(|_, _| {
            thread::sleep(std::time::Duration::from_secs(5));
            Ok(())
        })
    }

    /// Answers every request by 200 over TLS.
    pub(crate) fn tls(config: ServerConfig) -> Self {
        Server::tls_answering(config, OK)
    }

    /// Answers every request over TLS, always the same.
    pub(crate) fn tls_answering(config: ServerConfig, text: impl Into<String>) -> Self {
        let text = text.into();
        let answer = move |_: &str, to: &mut dyn Write| to.write_all(text.as_bytes());
        Server::serve(Some(Arc::new(config)), Arc::new(answer))
    }

    fn serve(tls: Option<Arc<ServerConfig>>, answer: Arc<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(State::default());
        let server = Server { address, scheme, state: state.clone() };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if state.stopped.load(SeqCst) {
                    break;
                }
                state.connections.fetch_add(1, SeqCst);
                let (tls, state, answer) = (tls.clone(), state.clone(), answer.clone());
                thread::spawn(move || match tls {
                    None => talk(stream, &state, &*answer),
                    Some(tls) => {
                        let session = ServerConnection::new(tls).unwrap();
                        talk(StreamOwned::new(session, stream), &state, &*answer);
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(SeqCst)
    }

    /// The requests that came, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stopped.store(true, SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

/// A port of this machine that nobody listens on.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A plain answer.
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// The first byte of a client that speaks TLS to a server that does not (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 22;

/// A client that goes away is not the server's failure: tests look at the client's side.
fn talk(mut stream: impl Read + Write, state: &State, answer: &Answer) {
    while let Some(request) = read(&mut stream) {
        state.requests.lock().unwrap().push(request.clone());
        let answered = answer(&request, &mut stream).and_then(|()| stream.flush());
        if answered.is_err() || !state.keeps_connections.load(SeqCst) {
            return;
        }
    }
}

fn read(from: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if bytes.first() == Some(&TLS_HANDSHAKE) {
            return Some(text);
        }
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                })
                .next()
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
