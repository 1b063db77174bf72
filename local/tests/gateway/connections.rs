//! Callers who keep no rule of the wire: slow, half-closed, reset, too many, or speaking something else.

use std::io::Read;
use std::time::{Duration, Instant};

use local::server::connections::Bounds;
use tokio::net::TcpStream;

use crate::served::{Described, Served};

fn serve(bounds: Bounds) -> Served {
    Described { routes: &["ANY /api/any"], function: "Timeout: 5", ..Described::default() }
        .serve_within(bounds)
}

/// How long a head may take, or a reader not read, where that is what a test is about. Only who is to meet such a limit gets it:
/// this machine may be too busy to keep to both.
const SOON: Duration = Duration::from_millis(400);

/// Closes with a reset instead of a farewell.
fn reset(served: &Served, connection: crate::client::Connection) {
    let socket = connection.socket().try_clone().unwrap();
    drop(connection);
    socket.set_nonblocking(true).unwrap();
    let _inside = served.runtime().enter();
    let socket = TcpStream::from_std(socket).unwrap();
    socket.set_zero_linger().unwrap();
}

#[test]
fn who_sends_a_head_too_slowly_is_cut_off() {
    let served = serve(Bounds { head: SOON, ..Bounds::default() });
    for beginning in
        ["", "G", "GET /api/any HTTP/1.1\r\n", "GET /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: "]
    {
        let began = Instant::now();
        let mut connection = served.connect();
        // A busy machine may have cut this off before it was sent.
        let _ = connection.try_write(beginning.as_bytes());
        // A letter now and then does not buy more time.
        let mut byte = [0];
        loop {
            if connection.try_write(if beginning.is_empty() { b"" } else { b"a" }).is_err() {
                break;
            }
            connection.socket().set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            match connection.socket().read(&mut byte) {
                Ok(0) => break,
                Ok(_) => panic!("an answer to {beginning:?}"),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{beginning:?} is still let go on");
        }
        assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    }
    // Whoever says it in time is answered; a busy machine may be too late now and then.
    let end = Instant::now() + Duration::from_secs(20);
    let answer = loop {
        let mut connection = served.connect();
        connection.request("GET /api/any HTTP/1.1", b"");
        if let Some(answer) = connection.try_answer() {
            break answer;
        }
        assert!(Instant::now() < end, "nobody is answered");
    };
    assert_eq!(answer.status, 200);
}

#[test]
fn who_does_not_read_is_cut_off_and_leaves_the_place() {
    let served = serve(Bounds { most: 1, stall: SOON, ..Bounds::default() });
    let mut connection = served.connect();
    // More than any socket buffers: six megabytes, and again.
    for _ in 0..4 {
        connection.write(b"GET /api/any?answer=bytes&bytes=6000000 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    }
    let end = Instant::now() + Duration::from_secs(20);
    while served.get("/api/any").status == 503 {
        assert!(Instant::now() < end, "the place is still taken");
    }
    drop(connection);
}

#[test]
fn a_slow_reader_who_reads_gets_everything() {
    let stall = Duration::from_secs(1);
    let served = serve(Bounds { stall, ..Bounds::default() });
    let mut connection = served.connect();
    connection.write(b"GET /api/any?answer=bytes&bytes=6000000 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    let mut socket = connection.socket();
    let mut buffer = vec![0; 300_000];
    let mut read = 0;
    let began = Instant::now();
    // Longer in all than a stall may be, with no pause nearly as long.
    while read < 6_000_000 {
        let some = socket.read(&mut buffer).unwrap();
        assert!(some > 0, "cut off after {read} bytes");
        read += some;
        std::thread::sleep(Duration::from_millis(60));
    }
    assert!(began.elapsed() > stall);
}

#[test]
fn who_closes_only_their_own_side_still_gets_the_answer() {
    let served = serve(Bounds::default());
    let mut connection = served.connect();
    connection.request("GET /api/any?answer=later HTTP/1.1", b"");
    connection.close_writing();
    assert_eq!(connection.answer().status, 200);
    connection.is_closed();
    // In the middle of a head or a body there is nothing to answer but that.
    for beginning in [
        "",
        "GET /api/any HT",
        "GET /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\n",
        "POST /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10\r\n\r\nabc",
        "POST /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    ] {
        let mut connection = served.connect();
        connection.write(beginning.as_bytes());
        connection.close_writing();
        if let Some(answer) = connection.try_answer() {
            assert_eq!(answer.status, 400, "{beginning:?}: {answer:?}");
            connection.is_closed();
        }
    }
    let (told, _) = served.telemetry.subscribe();
    assert!(told.iter().all(|record| record.invoked_ms.is_none() || record.status == Some(200)), "{told:?}");
    served.is_alive();
}

#[test]
fn who_breaks_the_connection_breaks_nothing_else() {
    let served = serve(Bounds { most: 8, ..Bounds::default() });
    served.is_alive();
    for round in 0..40 {
        let mut connection = served.connect();
        let sent = [
            "",
            "GET /api",
            "POST /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100000\r\n\r\nabc",
            "GET /api/any?answer=later HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
            "GET /api/any?answer=bytes&bytes=3000000 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
        ][round % 5];
        connection.write(sent.as_bytes());
        reset(&served, connection);
    }
    // All places come free again.
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let all = (0..8).map(|_| served.connect()).map(|mut connection| {
            connection.request("GET /api/any HTTP/1.1", b"");
            connection
        });
        let all = all.collect::<Vec<_>>();
        let statuses = all.into_iter().map(|mut connection| connection.answer().status).collect::<Vec<_>>();
        if statuses.iter().all(|status| *status == 200) {
            break;
        }
        assert!(Instant::now() < end, "{statuses:?}");
    }
}

#[test]
fn requests_in_one_piece_are_answered_in_turn_and_what_is_none_ends_it() {
    let served = serve(Bounds::default());
    let mut connection = served.connect();
    let mut sent = String::new();
    for index in 0..50 {
        sent += &format!(
            "POST /api/any?index={index} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nabc"
        );
    }
    sent += "\0\x01garbage\r\n\r\nGET /api/any?index=50 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    connection.write(sent.as_bytes());
    for index in 0..50 {
        let event = connection.answer().json();
        assert_eq!(
            (event["rawQueryString"].as_str(), event["body"].as_str()),
            (Some(&*format!("index={index}")), Some("abc"))
        );
    }
    let answer = connection.answer();
    assert_eq!((answer.status, answer.text()), (400, ""));
    connection.is_closed();
    assert_eq!(served.telemetry.subscribe().0.len(), 50, "what came after the garbage is no request");
}

#[test]
fn what_is_no_http_is_refused_once() {
    let served = serve(Bounds::default());
    for (garbage, status) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], 400),
        (b"GET /api/any HTTP/3.0\r\n\r\n", 400),
        (b"GET /api/any\r\n\r\n", 400),
        (b"GET  /api/any HTTP/1.1\r\n\r\n", 400),
        (b"GET /api/any HTTP/1.1\r\nhost 127.0.0.1\r\n\r\n", 400),
        (b"GET /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\0b\r\n\r\n", 400),
        (b"GET /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: -1\r\n\r\n", 400),
        (
            b"GET /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            400,
        ),
        (b"POST /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"GET /api/any HTTP/1.1\r\n\r\n", 421),
        (b"GET http://book.example/api/any HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", 421),
        (b"CONNECT book.example:443 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", 501),
    ] {
        let shown = String::from_utf8_lossy(garbage);
        let mut connection = served.connect();
        connection.write(garbage);
        connection.close_writing();
        let answer = connection.answer();
        assert_eq!(answer.status, status, "{shown:?}: {answer:?}");
        connection.is_closed();
    }
    // Whoever begins with HTTP/2 understands no answer in HTTP/1.1.
    let mut connection = served.connect();
    connection.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    connection.is_closed();
    served.is_alive();
}

#[test]
fn one_too_many_is_told_so_at_once() {
    let served = serve(Bounds { most: 4, ..Bounds::default() });
    let mut kept = (0..4).map(|_| served.connect()).collect::<Vec<_>>();
    for connection in &mut kept {
        connection.request("GET /api/any HTTP/1.1", b"");
        assert_eq!(connection.answer().status, 200);
    }
    for _ in 0..3 {
        let mut connection = served.connect();
        connection.request("GET /api/any HTTP/1.1", b"");
        let answer = connection.answer();
        assert_eq!((answer.status, answer.text()), (503, "Too many connections are open on this server"));
        assert_eq!((answer.header("retry-after"), answer.header("connection")), (Some("1"), Some("close")));
        connection.is_closed();
    }
    // Those inside do not notice, and a place that comes free is given away.
    for connection in &mut kept {
        connection.request("GET /api/any HTTP/1.1", b"");
        assert_eq!(connection.answer().status, 200);
    }
    kept.pop();
    let end = Instant::now() + Duration::from_secs(30);
    while served.get("/api/any").status != 200 {
        assert!(Instant::now() < end);
    }
}

#[test]
fn the_end_waits_for_requests_under_way_and_for_nobody_else() {
    let grace = Bounds::default().grace;
    let function = "Timeout: 60";
    let mut served = Described { routes: &["ANY /api/any"], function, ..Described::default() }.serve();
    served.is_alive();
    let mut idle = served.connect();
    idle.request("GET /api/any HTTP/1.1", b"");
    assert_eq!(idle.answer().status, 200);
    // Under way: it has been read, not only sent.
    served.works_on(0);
    let mut slow = served.connect();
    slow.write(b"GET /api/any HT");
    let mut never = served.connect();
    never.request("GET /api/any?answer=never HTTP/1.1", b"");
    served.works_on(1);
    // The one that is over after a while comes last: the other would have to begin before that.
    let (_, mut live) = served.telemetry.subscribe();
    let mut busy = served.connect();
    busy.request("GET /api/any?answer=later HTTP/1.1", b"");
    served.works_on(2);
    let began = Instant::now();
    served.end();
    // Those who get no answer are waited for as long as it may take, and not until the function gives up.
    let took = began.elapsed();
    assert!(took >= grace && took < Duration::from_secs(20), "{took:?}");
    assert_eq!(busy.answer().status, 200);
    assert_eq!(live.try_recv().unwrap().status, Some(200));
    idle.is_closed();
}
