//! `deploy publish` as its own user runs it: a program, an identity with few rights, and a relay that watches the wire.
//! Knows the command line and the rights it needs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

use crate::aws::{Aws, FORGOTTEN, environment};
use crate::emulator::Emulator;
use crate::relay::{Relay, Stop};
use crate::stack::{Deploy, NAME, Order, Stack};

const USER: &str = "publisher";
const ROLES: &str = "serverless-book-github";

/// Somebody who may publish, and nothing else.
pub struct Publisher {
    program: PathBuf,
    key: String,
    secret: String,
    roles: Stack,
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
    /// Makes the identity: a user with the policy of the role that GitHub Actions publishes with (`deploy/github-role.yaml`).
    ///
    /// # Errors
    /// The role cannot be made, or IAM refuses.
    pub fn create(aws: &Aws, programs: &Path, stack: &Stack, deploy: &Deploy<'_>) -> Result<Publisher> {
        let provider = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com";
        let known = [("Repository", "owner/name"), ("ProviderArn", provider)];
        let mut parameters: BTreeMap<_, _> =
            known.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for output in ["SiteBucket", "DistributionId"] {
            parameters.insert(output.to_owned(), stack.output(output)?.to_owned());
        }
        let order = Order { name: ROLES, template: "deploy/github-role.yaml", parameters };
        let roles = deploy.stack(aws, &order)?;
        let role = roles.output("PublishRole")?.rsplit('/').next().unwrap_or_default();
        let ask = ["iam", "get-role-policy", "--role-name", role, "--policy-name", "publish"];
        let policy = aws.json(&ask)?["PolicyDocument"].to_string();
        aws.json(&["iam", "create-user", "--user-name", USER])?;
        let put = ["iam", "put-user-policy", "--user-name", USER, "--policy-name", "publish"];
        aws.json(&[&put[..], &["--policy-document", &policy]].concat())?;
        let keys = aws.json(&["iam", "create-access-key", "--user-name", USER])?;
        let text = |name: &str| keys["AccessKey"][name].as_str().map(str::to_owned).context("AccessKey");
        Ok(Publisher {
            program: programs.join("deploy"),
            key: text("AccessKeyId")?,
            secret: text("SecretAccessKey")?,
            roles,
        })
    }

    /// Takes the roles away again.
    ///
    /// # Errors
    /// CloudFormation refuses.
    pub fn delete_roles(&self, aws: &Aws) -> Result<()> {
        self.roles.delete(aws)
    }

    /// The CLI in this identity's hands, at that endpoint.
    pub fn aws(&self, aws: &Aws, endpoint: &str) -> Aws {
        aws.of(endpoint, &self.key, &self.secret)
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
