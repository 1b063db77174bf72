//! MiniStack on loopback, from start to end by its process id.
//! Knows its settings; which of its answers are AWS's is the business of `gaps.toml`.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::aws::{KEY, REGION};
use crate::python::Python;

/// What the two templates and the job use; everything else stays off.
const SERVICES: &str = "apigateway,budgets,cloudformation,cloudfront,cognito-idp,dynamodb,events,iam,lambda,logs,monitoring,\
                        route53,s3,scheduler,sns,sqs,ssm,states,sts";
/// What state machines are answered in the place of calls the emulator cannot make, by the name of a test case.
const ANSWERS: &str = include_str!("../answers.json");
/// It takes less than a second on an idle machine.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end its functions before it is killed.
const END: Duration = Duration::from_secs(20);
/// Between two looks at whether it answers or has ended.
const LOOK: Duration = Duration::from_millis(50);

/// A running MiniStack; it ends with this value.
pub struct Emulator {
    child: Child,
    address: SocketAddr,
}

impl Emulator {
    /// Starts it below `folder`, which holds its log and the functions' code.
    ///
    /// # Errors
    /// It does not start, or does not answer in time: the log says why.
    pub fn start(python: &Python, folder: &Path) -> Result<Emulator> {
        let answers = folder.join("answers.json");
        fs::write(&answers, ANSWERS)?;
        let temporary = folder.join("ministack");
        if temporary.exists() {
            fs::remove_dir_all(&temporary)?;
        }
        fs::create_dir_all(&temporary)?;
        let log = folder.join("ministack.log");
        let output = File::create(&log)?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let port = address.port().to_string();
        let mut command = Command::new(python.program("ministack"));
        command
            .env_clear()
            // CloudFront Functions run in Node, where there is one.
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &temporary)
            .env("TMPDIR", &temporary)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", &port)
            .env("MINISTACK_HOST", "localhost")
            .env("MINISTACK_REGION", REGION)
            .env("SERVICES", SERVICES)
            // Signatures are verified and IAM, bucket and role policies are enforced.
            .env("AUTH", "true")
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", KEY)
            // Functions of `provided.al2023` get this one; without it they would ask the real DynamoDB.
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("SFN_MOCK_CONFIG", &answers)
            // Two listeners of its own that would be open to the network.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command.spawn().context("MiniStack을 시작하지 못했다")?;
        let mut emulator = Emulator { child, address };
        emulator.wait().with_context(|| format!("{}에 까닭이 있다", log.display()))?;
        Ok(emulator)
    }

    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        let health = format!("{}/_ministack/health", self.endpoint());
        while ureq::get(&health).call().is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("MiniStack이 바로 끝났다: {status}");
            }
            if Instant::now() > deadline {
                bail!("MiniStack이 {}초 안에 답하지 않았다", START.as_secs());
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint of every service.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Emulator {
    /// Asks it to end, for then it ends its functions too.
    fn drop(&mut self) {
        let Ok(id) = i32::try_from(self.child.id()) else { return };
        if let Some(process) = Pid::from_raw(id) {
            // It may have ended by itself.
            let _ = kill_process(process, Signal::TERM);
        }
        let deadline = Instant::now() + END;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
