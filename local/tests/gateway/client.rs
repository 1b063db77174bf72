//! A client that sends what it is told, byte for byte, and reads answers to the letter of RFC 9112.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// What every error of the gateway has: JSON, a request id, and its message alone.
    pub fn is_refusal(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.text(), format!(r#"{{"message":"{message}"}}"#));
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(self.header("content-length"), Some(self.body.len().to_string().as_str()));
        assert!(self.header("apigw-requestid").is_some_and(|id| !id.is_empty()), "{self:?}");
    }
}

pub struct Connection {
    stream: BufReader<TcpStream>,
    /// Whether the next answer is one to HEAD.
    is_head: bool,
    is_interim_wanted: bool,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { stream: BufReader::new(stream), is_head: false, is_interim_wanted: false }
    }

    pub fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// A whole request; `host` and, where there is a body, its length are added.
    pub fn request(&mut self, head: &str, body: &[u8]) {
        let length =
            if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        self.is_head = head.starts_with("HEAD ");
        let head = format!("{head}\r\nhost: 127.0.0.1\r\n{length}\r\n");
        self.write(head.as_bytes());
        // Whoever is refused early may find the other side closed.
        let _ = self.try_write(body);
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).unwrap();
    }

    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says what the next answer answers to.
    pub fn is_to_head(&mut self, is_head: bool) {
        self.is_head = is_head;
    }

    /// Like [`Self::close_writing`] for who may have been cut off already.
    pub fn try_close_writing(&self) {
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    pub fn close_writing(&self) {
        self.socket().shutdown(Shutdown::Write).unwrap();
    }

    pub fn answer(&mut self) -> Answer {
        self.try_answer().unwrap_or_else(|| panic!("the connection was closed without an answer"))
    }

    /// The next answer, also if it is an interim one.
    pub fn answer_at_once(&mut self) -> Answer {
        self.is_interim_wanted = true;
        let answer = self.answer();
        self.is_interim_wanted = false;
        answer
    }

    /// `None` when the connection is closed or reset instead.
    pub fn try_answer(&mut self) -> Option<Answer> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            match self.stream.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
            let line = String::from_utf8(line).unwrap();
            let line = line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{line:?} ends without CRLF"));
            if line.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        let (first, fields) = lines.split_first()?;
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status: u16 = status.unwrap_or_else(|| panic!("{first:?} is no status line"));
        if status == 100 && !self.is_interim_wanted {
            return self.try_answer();
        }
        let headers = fields.iter().map(|field| {
            let (name, value) = field.split_once(':').unwrap_or_else(|| panic!("{field:?} is no header"));
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let mut answer = Answer { status, headers: headers.collect(), body: Vec::new() };
        if !self.is_head && !matches!(status, 100 | 204 | 304) {
            answer.body = self.body(&answer);
        }
        self.is_head = false;
        Some(answer)
    }

    fn body(&mut self, answer: &Answer) -> Vec<u8> {
        let mut body = Vec::new();
        if let Some(length) = answer.header("content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.stream.read_exact(&mut body).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
            return body;
        }
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "{answer:?}");
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let mut chunk = vec![0; usize::from_str_radix(line.trim(), 16).unwrap() + 2];
            self.stream.read_exact(&mut chunk).unwrap();
            assert!(chunk.ends_with(b"\r\n"));
            if chunk.len() == 2 {
                return body;
            }
            body.extend_from_slice(&chunk[..chunk.len() - 2]);
        }
    }

    /// That the other side closes, with nothing more said.
    pub fn is_closed(&mut self) {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
        }
        assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest));
    }
}
