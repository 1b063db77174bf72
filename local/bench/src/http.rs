//! One HTTP/1.1 connection, spoken by hand: a load generator must cost little, and a rude client must be able to be rude.
//! Knows bytes and the framing of answers (RFC 9112); nothing of what is asked.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most header lines of an answer.
const MOST_HEADERS: usize = 64;
/// The largest answer that is read, in bytes; the book's largest file is smaller.
const LARGEST: usize = 16 * 1024 * 1024;

/// A connection that is kept alive.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes at the front of the buffer that belong to the last answer.
    done: usize,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Lower-case names and their values, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// How an answer's body ends.
#[derive(Debug, Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

/// Where an answer lies in the buffer.
#[derive(Debug)]
struct Layout {
    status: u16,
    head: usize,
    framing: Framing,
}

impl Connection {
    /// Connects; what is sent is sent at once.
    ///
    /// # Errors
    /// Nobody listens.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8 * 1024), done: 0 })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Says that nothing more will be sent; answers can still be read.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn finish_sending(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Sends a whole request and reads the status of its answer and all of the answer: the quick way.
    ///
    /// # Errors
    /// The connection is closed, or what arrives is not HTTP.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.send(request).await?;
        let layout = self.head().await?;
        match layout.framing {
            Framing::Length(length) => {
                self.fill(layout.head + length).await?;
                self.done = layout.head + length;
            }
            Framing::Chunked => {
                self.chunks(layout.head).await?;
            }
        }
        Ok(layout.status)
    }

    /// Reads a whole answer.
    ///
    /// # Errors
    /// The connection is closed, or what arrives is not HTTP.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        let layout = self.head().await?;
        let headers = headers(&self.buffer[..layout.head])?;
        let body = match layout.framing {
            Framing::Length(length) => {
                self.fill(layout.head + length).await?;
                self.done = layout.head + length;
                self.buffer[layout.head..self.done].to_vec()
            }
            Framing::Chunked => self.chunks(layout.head).await?,
        };
        Ok(Answer { status: layout.status, headers, body })
    }

    /// Reads the head of the next answer.
    async fn head(&mut self) -> io::Result<Layout> {
        self.buffer.drain(..self.done);
        self.done = 0;
        loop {
            if let Some(layout) = layout(&self.buffer)? {
                return Ok(layout);
            }
            self.read().await?;
        }
    }

    /// Makes sure that so many bytes are in the buffer.
    async fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.buffer.len() < length {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads a chunked body that begins at `start`.
    async fn chunks(&mut self, start: usize) -> io::Result<Vec<u8>> {
        let (mut at, mut body) = (start, Vec::new());
        loop {
            let (digits, size) = loop {
                match httparse::parse_chunk_size(self.buffer.get(at..).unwrap_or_default()) {
                    Ok(httparse::Status::Complete(found)) => break found,
                    Ok(httparse::Status::Partial) => self.read().await?,
                    Err(_) => return Err(malformed("a chunk has no size")),
                }
            };
            let size = usize::try_from(size).map_err(|_| malformed("a chunk is too large"))?;
            let data = at + digits;
            // Every chunk ends with a line break; the last, empty one is followed by trailers, of which nobody sends any.
            self.fill(data + size + 2).await?;
            body.extend_from_slice(&self.buffer[data..data + size]);
            at = data + size + 2;
            if size == 0 {
                self.done = at;
                return Ok(body);
            }
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        if self.buffer.len() > LARGEST {
            return Err(malformed("the answer is too large"));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// A request with a body of its declared length, `host` being the server's address.
pub fn request(
    host: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

/// `None` while the head is not whole.
fn layout(bytes: &[u8]) -> io::Result<Option<Layout>> {
    let mut lines = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut lines);
    let parsed = response.parse(bytes).map_err(|error| malformed(&error.to_string()))?;
    let httparse::Status::Complete(head) = parsed else { return Ok(None) };
    let status = response.code.unwrap_or_default();
    let named = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let framing = if status < 200 || status == 204 || status == 304 {
        Framing::Length(0)
    } else if let Some(length) = named("content-length") {
        Framing::Length(length.trim().parse().map_err(|_| malformed("content-length is no number"))?)
    } else if named("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        Framing::Chunked
    } else {
        return Err(malformed("the answer says not how long it is"));
    };
    Ok(Some(Layout { status, head, framing }))
}

fn headers(head: &[u8]) -> io::Result<Vec<(String, String)>> {
    let mut lines = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut lines);
    response.parse(head).map_err(|error| malformed(&error.to_string()))?;
    let pair = |header: &httparse::Header<'_>| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    Ok(response.headers.iter().map(pair).collect())
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that sends `parts` one after the other, whatever it is asked.
    async fn sending(parts: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for part in parts {
                stream.write_all(part.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_are_read_whatever_their_framing_and_however_they_are_cut() {
        let address = sending(&[
            "HTTP/1.1 200 OK\r\nContent-Le",
            "ngth: 5\r\nX-A: b\r\n\r\nhel",
            "loHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 E\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "2\r\nde\r\n0\r\n\r\nHTTP/1.1 404 N\r\ncontent-length: 0\r\n\r\n",
        ])
        .await;
        let mut connection = Connection::open(address).await.unwrap();
        let first = connection.answer().await.unwrap();
        assert_eq!((first.status, first.body.as_slice()), (200, b"hello".as_slice()));
        assert_eq!(first.header("x-a"), Some("b"));
        assert_eq!(connection.answer().await.unwrap().status, 204);
        let chunked = connection.answer().await.unwrap();
        assert_eq!((chunked.status, chunked.body.as_slice()), (500, b"abcde".as_slice()));
        assert_eq!(connection.exchange(b"").await.unwrap(), 404);
        assert_eq!(connection.answer().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn what_is_not_http_is_an_error() {
        for wrong in [
            &["HELO\r\n\r\n"][..],
            &["HTTP/1.1 200 OK\r\n\r\n"],
            &["HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"],
        ] {
            let wrong: &'static [&'static str] = wrong;
            let mut connection = Connection::open(sending(wrong).await).await.unwrap();
            assert_eq!(connection.answer().await.unwrap_err().kind(), ErrorKind::InvalidData, "{wrong:?}");
        }
    }
}
