//! The front door: bytes from a port of the real machine to an address of the lab, and back.

use std::io;
use std::net::{Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// More connections at a time wait in the listener's queue.
const CONNECTION_COUNT_MAX: usize = 100;
const STACK_BYTES: usize = 128 << 10;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Serves until it is killed.
pub fn serve(listener: &TcpListener, target: SocketAddrV4) -> i32 {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        while open.load(Ordering::Relaxed) >= CONNECTION_COUNT_MAX {
            thread::sleep(Duration::from_millis(10));
        }
        let Ok((client, _)) = listener.accept() else { return 1 };
        let counter = Arc::clone(&open);
        counter.fetch_add(1, Ordering::Relaxed);
        let work = move || {
            let _ = forward(&client, target);
            counter.fetch_sub(1, Ordering::Relaxed);
        };
        if thread::Builder::new().stack_size(STACK_BYTES).spawn(work).is_err() {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn forward(client: &TcpStream, target: SocketAddrV4) -> io::Result<()> {
    let server = TcpStream::connect_timeout(&target.into(), CONNECT_LIMIT)?;
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let back = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || copy(&to, &from))?;
    copy(client, &server);
    let _ = back.join();
    Ok(())
}

/// Copies until one side ends, and tells the other.
fn copy(mut source: &TcpStream, mut target: &TcpStream) {
    let _ = io::copy(&mut source, &mut target);
    let _ = target.shutdown(Shutdown::Write);
}
