//! Starts the program as a person would and looks at the processes it starts.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Measured tests must not run beside others: the machine has few cores.
static ALONE: Mutex<()> = Mutex::new(());

pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compiling the functions for the first time takes minutes.
const UNTIL_LIVE: Duration = Duration::from_secs(600);

/// Who asks for a page waits for the book, which is built while the API answers already.
pub const UNTIL_BUILT: Duration = Duration::from_secs(120);

/// For what happens at once on a machine that has nothing else to do. No promise: only an end to waiting in vain.
pub const SOON_ENOUGH: Duration = Duration::from_secs(30);

/// A running server, ended when dropped.
pub struct Local {
    child: Child,
    pub base: String,
}

/// An answer of the API.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    /// What was sent, as it is.
    pub text: String,
    /// The same read as JSON; null where it is none.
    pub body: Value,
}

impl Local {
    /// Starts the server on a free port and waits for its greeting. Data is kept in memory unless `arguments` say otherwise.
    pub fn start(arguments: &[&str]) -> Local {
        let storage = if arguments.contains(&"--data") { &[][..] } else { &["--memory"] };
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["serve", "--port", "0"])
            .args(storage)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| line.unwrap().strip_prefix("책").map(|url| url.trim().to_owned()));
        // Goes on reading, so that the program never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let base = url.expect("the greeting names the address").trim_end_matches('/').to_owned();
        Local { child, base }
    }

    /// Waits until a route answers with its function, which may have to be compiled.
    pub fn live(self, paths: &[&str]) -> Local {
        for path in paths {
            wait_for(UNTIL_LIVE, || (!self.get(path).headers.contains_key("x-local-state")).then_some(()));
        }
        self
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    /// Sends a request; any status is an answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        send_to(&self.base, method, path, headers, body)
    }

    /// An access token for a reader called `name`, from this machine's sign-in.
    pub fn sign_in(&self, name: &str) -> String {
        let agent = ureq::Agent::new_with_defaults();
        let form = [("username", name)];
        let mut answer =
            agent.post(format!("{}{}", self.base, local::cognito::SIGN_IN)).send_form(form).unwrap();
        let answer: Value = answer.body_mut().read_json().unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Ends the server as a power cut would.
    pub fn kill_hard(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until every process of a function stands still, and there is one. An answer is out before its environment has asked
    /// for its next event, and only who has asked is taken again.
    pub fn stands_still(&self, function: &str) {
        wait_for(SOON_ENOUGH, || {
            let mut own =
                self.functions().into_values().filter(|process| process.function == function).peekable();
            (own.peek().is_some() && own.all(|process| process.state == 'T')).then_some(())
        });
    }

    /// The processes of the functions, by process id.
    pub fn functions(&self) -> BTreeMap<u32, FunctionProcess> {
        processes().into_iter().filter(|(_, process)| process.parent == self.pid()).collect()
    }
}

/// Sends a request to any server.
pub fn send_to(
    base: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Result<Answer, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(UNTIL_BUILT))
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            body.to_string()
        }
        None => String::new(),
    };
    let mut response = agent.run(request.body(body).unwrap())?;
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let text = response.body_mut().read_to_string()?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status: response.status().as_u16(), headers, text, body })
}

impl Drop for Local {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let ended = Instant::now() + Duration::from_secs(10);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > ended {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A function's process as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionProcess {
    pub parent: u32,
    pub function: String,
    /// Clock ticks since boot: with the process id it names a process for good.
    pub started: u64,
    /// `T` is stopped.
    pub state: char,
}

/// All processes on this machine that run a `bootstrap`.
pub fn processes() -> BTreeMap<u32, FunctionProcess> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| function_process(entry.path())).collect()
}

fn function_process(folder: PathBuf) -> Option<(u32, FunctionProcess)> {
    let pid = folder.file_name()?.to_str()?.parse().ok()?;
    // "pid (name) state parent …" (proc_pid_stat(5)); field 22 is the start time.
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    if name != "bootstrap" {
        return None;
    }
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let environment = fs::read(folder.join("environ")).ok()?;
    let variable = environment.split(|byte| *byte == 0).find_map(|entry| {
        std::str::from_utf8(entry).ok()?.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=").map(str::to_owned)
    });
    let process = FunctionProcess {
        parent: fields[1].parse().ok()?,
        function: variable?,
        started: fields[19].parse().ok()?,
        state: fields[0].chars().next()?,
    };
    Some((pid, process))
}

/// Asks again and again until there is an answer.
pub fn wait_for<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A reader nobody else is: 32 hex digits.
pub fn visitor() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
