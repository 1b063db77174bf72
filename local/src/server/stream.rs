//! A connection that does not wait for ever for a caller who does not read, and that is closed so that the last answer arrives.
//! Knows bytes and time; nothing of HTTP.

use std::io::{ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep, timeout};

/// How long, and how many bytes, a caller may go on sending after the connection was closed on this side. A socket that is closed
/// with bytes unread is reset, and the reset can overtake the answer that says why (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);
const LEFT: u64 = 1024 * 1024;

/// A TCP connection whose writes time out.
#[derive(Debug)]
pub struct Stream {
    /// `None` while it is being dropped.
    tcp: Option<TcpStream>,
    stall: Duration,
    /// How many may linger.
    farewells: Arc<Semaphore>,
    /// Set while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
    /// The caller has closed their side, or the connection is broken.
    is_over: bool,
    is_shut: bool,
}

impl Stream {
    /// `stall` is how long a write may make no progress; a connection that lingers takes one of `farewells`, and is just closed where
    /// there is none.
    pub fn new(tcp: TcpStream, stall: Duration, farewells: Arc<Semaphore>) -> Self {
        Self { tcp: Some(tcp), stall, farewells, waiting: None, is_over: false, is_shut: false }
    }

    fn tcp(&mut self) -> Result<Pin<&mut TcpStream>> {
        self.tcp.as_mut().map(Pin::new).ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        if let Poll::Ready(written) = write(self.tcp()?, context) {
            self.waiting = None;
            self.is_over |= written.is_err();
            return Poll::Ready(written);
        }
        let stall = self.stall;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(stall)));
        ready!(waiting.as_mut().poll(context));
        self.is_over = true;
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(self.tcp()?.poll_read(context, buffer));
        self.is_over |= read.is_err() || (buffer.filled().len() == before && buffer.remaining() > 0);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.write(context, |tcp, context| tcp.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.write(context, |tcp, context| tcp.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.tcp()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.is_shut = true;
        self.tcp()?.poll_shutdown(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A connection that ended without a farewell (a head that came too slowly, a server that ends) needs no care.
        if let Some(tcp) = self.tcp.take()
            && self.is_shut
            && !self.is_over
            && let Ok(place) = Arc::clone(&self.farewells).try_acquire_owned()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                linger(tcp).await;
                drop(place);
            });
        }
    }
}

/// Reads on until the caller closes their side too.
async fn linger(mut tcp: TcpStream) {
    let end = Instant::now() + LINGER;
    let mut buffer = [0; 4096];
    let mut left = LEFT;
    while let Ok(Ok(read)) =
        timeout(end.saturating_duration_since(Instant::now()), tcp.read(&mut buffer)).await
        && read > 0
    {
        match left.checked_sub(read as u64) {
            Some(less) => left = less,
            None => return,
        }
    }
}
