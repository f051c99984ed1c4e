//! A client of one server that keeps a few idle connections and notices when the server has closed them.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use super::message::{BODY_BYTES_MAX, HEAD_BYTES_MAX, HEADERS_MAX, header, keeps_alive};
use super::wire::Wire;

pub struct Client {
    address: SocketAddr,
    host: String,
    tls: Option<Arc<ClientConfig>>,
    /// Last used last, so that few connections serve a steady rate.
    idle: Mutex<Vec<Wire>>,
    idle_max: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub method: &'static str,
    pub target: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// No whole answer came within the time.
    Timeout,
    Refused,
    Closed,
    Other(String),
}

impl Client {
    /// Returns a client that speaks TLS where `tls` is given, and asks for the name `host`.
    pub fn new(address: SocketAddr, host: &str, tls: Option<Arc<ClientConfig>>, idle_max: usize) -> Self {
        Self { address, host: host.to_owned(), tls, idle: Mutex::new(Vec::new()), idle_max }
    }

    /// Sends a request and reads the answer within `limit`.
    ///
    /// Where the server had closed an idle connection, the request goes over a new one, as browsers do it; so it must
    /// be harmless when it arrives twice.
    pub fn send(&self, request: &Outgoing, limit: Duration) -> Result<Reply, SendError> {
        let deadline = Instant::now() + limit;
        if let Some(mut wire) = self.take() {
            wire.set_deadline(deadline);
            match self.exchange(wire, request) {
                Err(SendError::Closed | SendError::Other(_)) => self.forget_idle(),
                answered => return answered,
            }
        }
        let wire = Wire::open(self.address, &self.host, self.tls.as_ref(), deadline)?;
        self.exchange(wire, request)
    }

    fn exchange(&self, mut wire: Wire, request: &Outgoing) -> Result<Reply, SendError> {
        let Outgoing { method, target } = request;
        let head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", self.host);
        wire.write_all(head.as_bytes())?;
        wire.flush()?;
        let (reply, keep_alive) = read_reply(&mut wire)?;
        if keep_alive {
            self.put(wire);
        }
        Ok(reply)
    }

    fn take(&self) -> Option<Wire> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, wire: Wire) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.idle_max {
            idle.push(wire);
        }
    }

    fn forget_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

struct ReplyHead {
    status: u16,
    head_bytes: usize,
    body: Body,
    keep_alive: bool,
}

enum Body {
    Length(usize),
    Chunks,
    UntilClose,
}

fn read_reply(wire: &mut Wire) -> Result<(Reply, bool), SendError> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(head) = parse_reply_head(&bytes)? {
            break head;
        }
        more(wire, &mut bytes, HEAD_BYTES_MAX)?;
    };
    let mut rest = bytes.split_off(head.head_bytes);
    let body = match head.body {
        Body::Length(length) => {
            while rest.len() < length {
                more(wire, &mut rest, BODY_BYTES_MAX)?;
            }
            rest.truncate(length);
            rest
        }
        Body::Chunks => read_chunks(wire, rest)?,
        Body::UntilClose => read_to_close(wire, rest)?,
    };
    let keep_alive = head.keep_alive && !matches!(head.body, Body::UntilClose);
    Ok((Reply { status: head.status, body }, keep_alive))
}

fn parse_reply_head(bytes: &[u8]) -> Result<Option<ReplyHead>, SendError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut headers);
    let status = parsed.parse(bytes).map_err(|error| SendError::Other(error.to_string()))?;
    let httparse::Status::Complete(head_bytes) = status else {
        return Ok(None);
    };
    let status = parsed.code.unwrap_or(0);
    let keep_alive = keeps_alive(parsed.headers, parsed.version == Some(1));
    Ok(Some(ReplyHead { status, head_bytes, body: body_kind(status, parsed.headers)?, keep_alive }))
}

fn body_kind(status: u16, headers: &[httparse::Header<'_>]) -> Result<Body, SendError> {
    if status == 204 || status == 304 {
        return Ok(Body::Length(0));
    }
    if header(headers, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(Body::Chunks);
    }
    let Some(length) = header(headers, "content-length") else {
        return Ok(Body::UntilClose);
    };
    let length = length.trim().parse().ok().filter(|length| *length <= BODY_BYTES_MAX);
    length.map(Body::Length).ok_or_else(|| SendError::Other("the answer has an unusable length".to_owned()))
}

fn read_chunks(wire: &mut Wire, mut bytes: Vec<u8>) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    loop {
        let parsed = httparse::parse_chunk_size(&bytes);
        match parsed.map_err(|_| SendError::Other("the answer has an unusable chunk".to_owned()))? {
            httparse::Status::Partial => more(wire, &mut bytes, BODY_BYTES_MAX)?,
            httparse::Status::Complete((start, size)) => {
                let end = start + usize::try_from(size).unwrap_or(BODY_BYTES_MAX);
                // Each chunk, the empty last one too, is followed by a line end.
                while bytes.len() < end + 2 {
                    more(wire, &mut bytes, BODY_BYTES_MAX)?;
                }
                body.extend_from_slice(&bytes[start..end]);
                bytes.drain(..end + 2);
                if size == 0 {
                    return Ok(body);
                }
            }
        }
    }
}

fn read_to_close(wire: &mut Wire, mut bytes: Vec<u8>) -> Result<Vec<u8>, SendError> {
    loop {
        match more(wire, &mut bytes, BODY_BYTES_MAX) {
            Ok(()) => {}
            Err(SendError::Closed) => return Ok(bytes),
            Err(error) => return Err(error),
        }
    }
}

fn more(wire: &mut Wire, bytes: &mut Vec<u8>, bytes_max: usize) -> Result<(), SendError> {
    let mut part = [0; 4096];
    let count = wire.read(&mut part)?;
    if count == 0 {
        return Err(SendError::Closed);
    }
    if bytes.len() + count > bytes_max {
        return Err(SendError::Other("the answer is too long".to_owned()));
    }
    bytes.extend_from_slice(&part[..count]);
    Ok(())
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::TimedOut | Kind::WouldBlock => Self::Timeout,
            Kind::ConnectionRefused => Self::Refused,
            Kind::ConnectionReset | Kind::BrokenPipe | Kind::UnexpectedEof | Kind::ConnectionAborted => {
                Self::Closed
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Timeout => "no answer in time",
            Self::Refused => "connection refused",
            Self::Closed => "connection closed",
            Self::Other(what) => what,
        })
    }
}

impl std::error::Error for SendError {}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::http::{Handler, Response, serve_on};

    const LIMIT: Duration = Duration::from_millis(500);

    fn get(target: &str) -> Outgoing {
        Outgoing { method: "GET", target: target.to_owned() }
    }

    fn served(handler: Handler) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || serve_on(vec![listener], 8, &handler));
        address
    }

    fn answering_once(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }

    #[test]
    fn a_connection_is_used_again() {
        let address = served(Arc::new(|request| Response::text(200, request.path.clone())));
        let client = Client::new(address, "a.test", None, 4);
        for _ in 0..3 {
            assert_eq!(client.send(&get("/x"), LIMIT).unwrap().body, b"/x");
        }
        assert_eq!(client.idle.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_connection_that_the_server_closed_costs_no_failure() {
        let address = answering_once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let client = Client::new(address, "a.test", None, 4);
        for _ in 0..3 {
            assert_eq!(client.send(&get("/"), LIMIT).unwrap().status, 200);
        }
    }

    #[test]
    fn a_body_in_chunks_is_read() {
        let address = answering_once(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
        );
        assert_eq!(Client::new(address, "a.test", None, 4).send(&get("/"), LIMIT).unwrap().body, b"abc");
    }

    #[test]
    fn silence_ends_at_the_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Client::new(listener.local_addr().unwrap(), "a.test", None, 4);
        let start = Instant::now();
        assert_eq!(client.send(&get("/"), Duration::from_millis(60)), Err(SendError::Timeout));
        assert!(start.elapsed() < LIMIT);
    }
}
