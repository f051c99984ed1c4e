//! A request that a server reads and the response that it writes.

use std::collections::BTreeMap;

use crate::Failure;

/// Largest head of a request or a response; nginx allows as much by default (`large_client_header_buffers`, 8k).
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Largest body that is read. An Alertmanager notification is far smaller.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most headers in a head; proxies add about ten.
pub const HEADERS_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub keep_alive: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A head as far as it decides how the rest is read.
pub struct Head {
    pub request: Request,
    pub body_bytes: usize,
    pub own_bytes: usize,
}

impl Response {
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::with(status, "text/plain", text.into().into_bytes())
    }

    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::with(status, "application/json", value.to_string().into_bytes())
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.chars().filter(|sign| !sign.is_control()).collect()));
        self
    }

    fn with(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("Content-Type".to_owned(), content_type.to_owned())], body }
    }

    pub fn encode(&self, keep_alive: bool) -> Vec<u8> {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        head.extend([
            "Content-Length: ",
            &self.body.len().to_string(),
            "\r\nConnection: ",
            connection,
            "\r\n\r\n",
        ]);
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

/// Reads the head of a request, or nothing while it is incomplete.
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed.parse(bytes).map_err(|error| Failure::new(error.to_string()))?;
    let httparse::Status::Complete(head_bytes) = status else {
        return Ok(None);
    };
    let (path, query) = split_target(parsed.path.unwrap_or("/"));
    let body_bytes = body_bytes(parsed.headers)?;
    let keep_alive = keeps_alive(parsed.headers, parsed.version == Some(1));
    let method = parsed.method.unwrap_or("GET").to_owned();
    let request = Request { method, path, query, body: Vec::new(), keep_alive };
    Ok(Some(Head { request, body_bytes, own_bytes: head_bytes }))
}

/// Returns the length of the body that the headers announce; a body in chunks is refused.
fn body_bytes(headers: &[httparse::Header<'_>]) -> Result<usize, Failure> {
    if header(headers, "transfer-encoding").is_some() {
        return Err(Failure::new("a body in chunks is not read here"));
    }
    let Some(text) = header(headers, "content-length") else {
        return Ok(0);
    };
    text.trim()
        .parse()
        .ok()
        .filter(|bytes| *bytes <= BODY_BYTES_MAX)
        .ok_or_else(|| Failure::new(format!("`{text}` is no length of a body that is read here")))
}

pub fn keeps_alive(headers: &[httparse::Header<'_>], by_default: bool) -> bool {
    match header(headers, "connection").map(str::to_ascii_lowercase) {
        Some(value) if value.contains("close") => false,
        Some(value) if value.contains("keep-alive") => true,
        _ => by_default,
    }
}

pub fn header<'text>(headers: &[httparse::Header<'text>], name: &str) -> Option<&'text str> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .and_then(|header| std::str::from_utf8(header.value).ok())
}

/// Names and numbers need no percent encoding, so none is undone.
fn split_target(target: &str) -> (String, BTreeMap<String, String>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    (path.to_owned(), pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_is_read_with_its_query() {
        let head = parse_head(b"POST /journey/a/b?id=7&write=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\n")
            .unwrap()
            .unwrap();
        assert_eq!(head.request.path, "/journey/a/b");
        assert_eq!(head.request.query["id"], "7");
        assert_eq!((head.body_bytes, head.request.keep_alive), (3, true));
    }

    #[test]
    fn an_incomplete_head_waits_and_chunks_are_refused() {
        assert!(parse_head(b"GET / HTTP/1.1\r\nHos").unwrap().is_none());
        assert!(parse_head(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_header_cannot_end_the_head() {
        let response = Response::text(200, "ok").header("X-Name", "a\r\nSet-Cookie: b");
        insta::assert_snapshot!(String::from_utf8(response.encode(false)).unwrap().replace('\r', ""), @"
        HTTP/1.1 200 OK
        Content-Type: text/plain
        X-Name: aSet-Cookie: b
        Content-Length: 2
        Connection: close

        ok
        ");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_head_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_head(&bytes);
        }
    }
}
