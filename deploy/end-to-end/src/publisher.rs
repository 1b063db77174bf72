//! `deploy publish` as its own user runs it: a program, an identity with few rights, and a relay that watches the wire.
//! Knows the command line and the rights it needs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use tokio::process::Command;

use crate::aws::{Aws, FORGOTTEN, environment};
use crate::emulator::Emulator;
use crate::relay::{Relay, Stop};
use crate::stack::{NAME, Stack};

const USER: &str = "publisher";

/// Somebody who may publish, and nothing else.
pub struct Publisher {
    program: PathBuf,
    key: String,
    secret: String,
}

/// What a run of it was.
pub struct Run {
    /// Method and path of every request, in order.
    pub requests: Vec<String>,
    /// Whether it was killed at its stop; otherwise it came to its end.
    pub killed: bool,
    /// What it printed.
    pub said: String,
}

impl Run {
    /// How many of the requests begin with this.
    pub fn count(&self, start: &str) -> usize {
        self.requests.iter().filter(|request| request.starts_with(start)).count()
    }
}

impl Publisher {
    /// Makes the identity: it may read the stack's outputs, read, write and delete in one bucket, and invalidate.
    ///
    /// # Errors
    /// IAM refuses.
    pub fn create(aws: &Aws, programs: &Path, stack: &Stack) -> Result<Publisher> {
        let bucket = format!("arn:aws:s3:::{}", stack.output("SiteBucket")?);
        let account =
            aws.json(&["sts", "get-caller-identity"])?["Account"].as_str().context("Account")?.to_owned();
        let distribution =
            format!("arn:aws:cloudfront::{account}:distribution/{}", stack.output("DistributionId")?);
        let stacks = format!("arn:aws:cloudformation:{}:{account}:stack/{NAME}/*", crate::aws::REGION);
        let may = |actions: &[&str], resource: &str| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        let policy = json!({"Version": "2012-10-17", "Statement": [
            may(&["cloudformation:DescribeStacks"], &stacks),
            may(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], &format!("{bucket}/*")),
            may(&["s3:ListBucket"], &bucket),
            may(&["cloudfront:CreateInvalidation"], &distribution),
        ]});
        aws.json(&["iam", "create-user", "--user-name", USER])?;
        let document = policy.to_string();
        let put = ["iam", "put-user-policy", "--user-name", USER, "--policy-name", "publish"];
        aws.json(&[&put[..], &["--policy-document", &document]].concat())?;
        let keys = aws.json(&["iam", "create-access-key", "--user-name", USER])?;
        let text = |name: &str| keys["AccessKey"][name].as_str().map(str::to_owned).context("AccessKey");
        Ok(Publisher {
            program: programs.join("deploy"),
            key: text("AccessKeyId")?,
            secret: text("SecretAccessKey")?,
        })
    }

    /// Publishes the book in `folder`, which ends well or at `stop`.
    ///
    /// # Errors
    /// It fails by itself.
    pub async fn run(&self, emulator: &Emulator, folder: &Path, stop: Option<Stop>) -> Result<Run> {
        let relay = Relay::start(emulator.address(), None, stop).await?;
        let mut command = Command::new(&self.program);
        for name in FORGOTTEN {
            command.env_remove(name);
        }
        command
            .envs(environment(&relay.base(), &self.key, &self.secret))
            .args(["publish", "--stack", NAME, "--book"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = command.spawn().context("deploy publish를 시작하지 못했다")?;
        let process = child.id().context("deploy publish가 바로 끝났다")?;
        let mut output = Box::pin(child.wait_with_output());
        let (output, killed) = tokio::select! {
            output = &mut output => (output?, false),
            () = relay.reached() => {
                kill(process)?;
                (output.await?, true)
            }
        };
        relay.close().await?;
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if killed {
            ensure!(!output.status.success(), "끊긴 게시가 잘 끝났다고 말한다: {said}");
        } else if !output.status.success() {
            bail!("deploy publish: {}\n{said}", output.status);
        }
        Ok(Run { requests: relay.requests(), killed, said })
    }
}

fn kill(process: u32) -> Result<()> {
    let id = rustix::process::Pid::from_raw(i32::try_from(process)?).context("pid")?;
    rustix::process::kill_process(id, rustix::process::Signal::KILL)?;
    Ok(())
}
