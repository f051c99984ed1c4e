//! A server with one thread per connection, bounded in connections, so that a peer which was cut off costs a thread
//! for a limited time only.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::message::{HEAD_BYTES_MAX, Head, Request, Response, parse_head};
use crate::Failure;

pub type Handler = Arc<dyn Fn(&Request) -> Response + Send + Sync>;

/// Longer than a proxy keeps an idle connection (nginx `keepalive_timeout` 60 s), so that the proxy closes first.
const IDLE: Duration = Duration::from_secs(75);
/// A connection's thread only parses, asks the stores and writes: nothing recurses.
const STACK_BYTES: usize = 256 * 1024;
/// After a failed accept, which mostly means too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves on the addresses until the process ends.
pub fn serve(addresses: &[SocketAddr], connections_max: usize, handler: &Handler) -> Result<(), Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = TcpListener::bind(address);
        listeners.push(listener.map_err(|error| Failure::new(format!("listening on {address}: {error}")))?);
    }
    serve_on(listeners, connections_max, handler)
}

/// Serves on listeners that are open already.
pub fn serve_on(
    listeners: Vec<TcpListener>,
    connections_max: usize,
    handler: &Handler,
) -> Result<(), Failure> {
    let open = Arc::new(AtomicUsize::new(0));
    let mut threads = Vec::new();
    for listener in listeners {
        let (open, handler) = (Arc::clone(&open), Arc::clone(handler));
        let accept = move || accept_all(&listener, connections_max, &open, &handler);
        threads.push(thread::Builder::new().stack_size(STACK_BYTES).spawn(accept)?);
    }
    for thread in threads {
        thread.join().map_err(|_| Failure::new("a listening thread ended"))?;
    }
    Ok(())
}

fn accept_all(listener: &TcpListener, connections_max: usize, open: &Arc<AtomicUsize>, handler: &Handler) {
    for stream in listener.incoming() {
        match stream {
            Ok(stream) if open.load(Ordering::Relaxed) < connections_max => start(stream, open, handler),
            Ok(refused) => drop(refused),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

fn start(stream: TcpStream, open: &Arc<AtomicUsize>, handler: &Handler) {
    let (counted, handler) = (Arc::clone(open), Arc::clone(handler));
    open.fetch_add(1, Ordering::Relaxed);
    let converse = move || {
        // An error ends this connection only; the peer sees it closed.
        let _ = converse(stream, &handler);
        counted.fetch_sub(1, Ordering::Relaxed);
    };
    if thread::Builder::new().stack_size(STACK_BYTES).spawn(converse).is_err() {
        open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn converse(mut stream: TcpStream, handler: &Handler) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let mut buffer = Vec::new();
    loop {
        let request = match next_request(&mut stream, &mut buffer) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(failure) => {
                stream.write_all(&Response::text(400, failure.to_string()).encode(false))?;
                return Err(failure);
            }
        };
        stream.write_all(&handler(&request).encode(request.keep_alive))?;
        if !request.keep_alive {
            return Ok(());
        }
    }
}

/// Reads the next request, or nothing where the peer closed between two of them.
fn next_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>, Failure> {
    loop {
        if let Some(head) = parse_head(buffer)? {
            return read_body(stream, buffer, head).map(Some);
        }
        if buffer.len() > HEAD_BYTES_MAX {
            return Err(Failure::new("the head of the request is too long"));
        }
        if read_more(stream, buffer)? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(Failure::new("the request was cut off")) };
        }
    }
}

fn read_body(stream: &mut TcpStream, buffer: &mut Vec<u8>, head: Head) -> Result<Request, Failure> {
    let whole = head.own_bytes + head.body_bytes;
    while buffer.len() < whole {
        if read_more(stream, buffer)? == 0 {
            return Err(Failure::new("the body was cut off"));
        }
    }
    let body = buffer[head.own_bytes..whole].to_vec();
    buffer.drain(..whole);
    Ok(Request { body, ..head.request })
}

fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize, Failure> {
    let mut part = [0; 4096];
    let count = stream.read(&mut part)?;
    buffer.extend_from_slice(&part[..count]);
    Ok(count)
}
