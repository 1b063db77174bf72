//! Starts the processes of execution environments, and sees to it that none of them, nor what they start, outlives its end.
//! Knows processes only.

use std::io;
use std::process::ExitStatus;
use std::sync::{Arc, mpsc};
use std::thread;

use nix::unistd::Pid;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::guardian::Guardian;
use super::process::{self, Child, Launch};

type Request = (Launch, oneshot::Sender<io::Result<Process>>);

/// Starts processes from one thread that lives as long as the host does: threads of the async runtime, which come and go, must
/// not start any, for the kernel ends a child with the thread that started it.
#[derive(Debug, Clone)]
pub struct Launcher {
    requests: mpsc::Sender<Request>,
}

/// A started process, which leads a group of its own.
#[derive(Debug)]
pub struct Process {
    /// The child with its piped output.
    pub child: Child,
    /// Its process id, which is also its group's.
    pub pid: Pid,
    guardian: Arc<Guardian>,
}

impl Launcher {
    /// Starts the launcher's thread and the guardian. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// One of them cannot be started.
    pub fn start() -> io::Result<Self> {
        let (requests, inbox) = mpsc::channel::<Request>();
        let guardian = Arc::new(Guardian::start()?);
        let runtime = Handle::current();
        thread::Builder::new().name("launcher".into()).spawn(move || {
            let _runtime = runtime.enter();
            for (launch, answer) in inbox {
                if let Err(Ok(process)) = answer.send(Process::start(&launch, &guardian)) {
                    // Nobody waits for it any more.
                    guardian.forget(process.pid);
                    process.child.abandon();
                }
            }
        })?;
        Ok(Self { requests })
    }

    /// Starts a process.
    ///
    /// # Errors
    /// The binary cannot be run, or its folder cannot be made.
    pub async fn launch(&self, launch: Launch) -> io::Result<Process> {
        let (answer, answered) = oneshot::channel();
        let gone = || io::Error::other("the launcher has stopped");
        self.requests.send((launch, answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Process {
    fn start(launch: &Launch, guardian: &Arc<Guardian>) -> io::Result<Self> {
        let child = process::spawn(launch)?;
        guardian.watch(child.pid);
        Ok(Self { pid: child.pid, child, guardian: Arc::clone(guardian) })
    }

    /// Waits for the end of the process and ends what it has started.
    ///
    /// # Errors
    /// The system does not tell how it ended.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.ended().await;
        process::kill(self.pid);
        self.guardian.forget(self.pid);
        self.child.reap().await
    }
}
