//! The book: published, read back, published again, and gone.
//! Knows what `deploy publish` promises about requests, objects and headers.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use book_files::{cache_control, media_type};
use tokio::runtime::Runtime;

use super::{Deployed, eventually};
use crate::book::{Edition, with_one_page_changed};
use crate::bucket::Objects;
use crate::emulator::Emulator;
use crate::publisher::{Publisher, Run};
use crate::relay::Stop;
use crate::viewer::Viewer;

/// The page that changes alone.
const PAGE: &str = "03-pros.html";
/// What `publish` writes beside the book.
const OWN: [&str; 2] = ["config.json", ".publish/manifest.json"];

/// Where the book is put and looked at.
pub struct Site<'a> {
    pub runtime: &'a Runtime,
    pub emulator: &'a Emulator,
    pub deployed: &'a Deployed,
    pub publisher: &'a Publisher,
}

impl Site<'_> {
    /// Publishes an edition, to its end or to `stop`.
    pub fn publish(&self, edition: &Edition, stop: Option<Stop>) -> Result<Run> {
        self.runtime.block_on(self.publisher.run(self.emulator, &edition.folder, stop))
    }

    /// All objects of the book itself.
    pub fn objects(&self) -> Result<Objects> {
        let mut objects = self.runtime.block_on(self.deployed.bucket.read())?;
        objects.retain(|name, _| !OWN.contains(&name.as_str()));
        Ok(objects)
    }

    /// The first publish into an empty bucket.
    pub fn first(&self, edition: &Edition) -> Result<String> {
        let run = self.publish(edition, None)?;
        Ok(format!("{}\n요청 {}번", run.said.trim(), run.requests.len()))
    }

    /// Every object is the file, with the headers of its name.
    pub fn stored(&self, edition: &Edition) -> Result<String> {
        let objects = self.objects()?;
        let names: Vec<_> = edition.files.keys().filter(|name| !objects.contains_key(*name)).collect();
        ensure!(names.is_empty(), "없다: {names:?}");
        for (name, object) in &objects {
            let file = edition.files.get(name).with_context(|| format!("{name}: 책에 없는 객체다"))?;
            ensure!(*file == object.content, "{name}: 바이트가 다르다");
            let expected = (media_type(name).with_context(|| name.clone())?, cache_control(name));
            let stored = (object.content_type.as_str(), object.cache_control.as_str());
            ensure!(stored == expected, "{name}: 헤더가 {stored:?}인데 {expected:?}이어야 한다");
        }
        let config = self.deployed.viewer.get("/config.json", &[])?.status(200)?.json()?;
        ensure!(config["api"] == "/api", "{config}");
        for (field, output) in
            [("issuer", "SignInIssuer"), ("client", "SignInClient"), ("scope", "SignInScope")]
        {
            ensure!(config[field] == self.deployed.stack.output(output)?, "config.json의 {field}: {config}");
        }
        Ok(format!(
            "{}개 모두 바이트, Content-Type, Cache-Control이 같다; config.json은 스택의 출력이다",
            objects.len()
        ))
    }

    /// The same through the distribution, with the headers of every page.
    pub fn seen(&self, edition: &Edition) -> Result<String> {
        let viewer = &self.deployed.viewer;
        let mut policy = String::new();
        for (name, content) in &edition.files {
            let answer = viewer.get(&format!("/{name}"), &[])?.status(200).with_context(|| name.clone())?;
            ensure!(answer.body == *content, "{name}: 바이트가 다르다");
            ensure!(
                answer.header("content-type") == media_type(name).unwrap_or_default(),
                "{name}: Content-Type"
            );
            ensure!(answer.header("cache-control") == cache_control(name), "{name}: Cache-Control");
            for (header, value) in book_files::PAGE_HEADERS {
                let seen = answer.header(header);
                ensure!(seen == value, "{name}: {header}가 `{seen}`이다");
            }
            policy = answer.header("content-security-policy").to_owned();
            for part in ["script-src 'self'", "frame-ancestors 'self'", "object-src 'none'"] {
                ensure!(policy.contains(part), "{name}: 정책에 {part}가 없다: {policy}");
            }
            ensure!(answer.header("strict-transport-security").contains("max-age="), "{name}: HSTS가 없다");
        }
        // Every inline script of the built book is in the policy.
        let hashes = self.deployed.stack.output("ScriptHashes")?;
        ensure!(policy.contains(hashes), "정책에 ScriptHashes가 없다: {policy}");
        let first = viewer.get("/", &[])?.status(200)?;
        ensure!(Some(&first.body) == edition.files.get("index.html"), "/가 index.html이 아니다");
        let folder = viewer.get("/images?a=b", &[])?.status(307)?;
        ensure!(folder.header("location") == "/images/?a=b", "폴더 주소: {}", folder.header("location"));
        let missing = viewer.get("/no-such-page.html", &[])?;
        ensure!([403, 404].contains(&missing.status), "없는 페이지: {}", missing.status);
        Ok(format!(
            "{}개 파일이 배포를 거쳐 그대로, 정책은 {}자, 없는 페이지는 {}",
            edition.files.len(),
            policy.len(),
            missing.status
        ))
    }

    /// Nobody but the distribution reads the bucket without a key; with one nobody does without TLS, or more than agreed.
    pub fn closed(&self, front: &str) -> Result<String> {
        let Deployed { aws, stack, .. } = self.deployed;
        let bucket = stack.output("SiteBucket")?;
        let plain = self.emulator.endpoint();
        for base in [front, &plain] {
            for path in ["index.html", "config.json", "?list-type=2", "?policy", ".publish/manifest.json"] {
                Viewer::new(base).get(&format!("/{bucket}/{path}"), &[])?.status(403)?;
            }
        }
        let publisher = self.publisher.aws(aws, front);
        let read = ["s3api", "get-object-tagging", "--bucket", bucket, "--key", "index.html"];
        let head = ["s3api", "head-object", "--bucket", bucket, "--key", "index.html"];
        publisher.json(&head).context("게시자는 TLS로 읽을 수 있어야 한다")?;
        let table = ["dynamodb", "scan", "--table-name", stack.output("TableName")?];
        for (who, call, why) in [
            (&self.publisher.aws(aws, &plain), &head[..], "TLS 없이 읽는다"),
            (&publisher, &read, "태그를 읽는다"),
            (&publisher, &["s3api", "get-bucket-policy", "--bucket", bucket], "정책을 읽는다"),
            (&publisher, &table, "표를 읽는다"),
            (&publisher, &["lambda", "list-functions"], "함수를 본다"),
        ] {
            let answer = who.text(call).err().with_context(|| format!("게시자가 {why}"))?.to_string();
            ensure!(answer.contains("AccessDenied") || answer.contains("403"), "{why}: {answer}");
        }
        Ok("열쇠 없이는 읽기도 목록도 403; 게시자는 TLS 없이는, 그리고 게시 아닌 일에는 거절된다".into())
    }

    /// The second publish of the same book.
    pub fn again(&self, edition: &Edition) -> Result<String> {
        let run = self.publish(edition, None)?;
        ensure!(run.count("PUT ") == 0 && run.count("DELETE ") == 0, "무언가 썼다: {:#?}", run.requests);
        let bucket = self.deployed.stack.output("SiteBucket")?;
        let about_the_book = run.requests.iter().filter(|request| request.contains(bucket)).count();
        ensure!(run.requests.len() <= 3, "요청이 {}번이다: {:#?}", run.requests.len(), run.requests);
        Ok(format!("요청 {}번 (버킷에 {about_the_book}번), 쓰기 0번", run.requests.len()))
    }

    /// A changed page alone, and back.
    pub fn one_page(&self, edition: &Edition, folder: &Path) -> Result<String> {
        let changed = with_one_page_changed(edition, PAGE, &folder.join("book-one-page"))?;
        let before = self.invalidations()?;
        let run = self.publish(&changed, None)?;
        let mut written: Vec<_> = run
            .requests
            .iter()
            .filter_map(|request| request.strip_prefix("PUT "))
            .map(|path| path.split('?').next().unwrap_or(path))
            .collect();
        written.sort_unstable();
        written.dedup();
        let bucket = self.deployed.stack.output("SiteBucket")?;
        let mut expected = [format!("/{bucket}/.publish/manifest.json"), format!("/{bucket}/{PAGE}")];
        expected.sort();
        ensure!(written == expected, "쓴 것: {written:?}");
        ensure!(run.count("DELETE ") == 0, "지웠다: {:#?}", run.requests);
        let after = self.invalidations()?;
        ensure!(after.len() == before.len() + 1, "무효화 {}번", after.len() - before.len());
        let new: Vec<_> = after.iter().filter(|id| !before.contains(id)).collect();
        let paths = self.invalidated(new.first().context("무효화")?)?;
        ensure!(paths == [format!("/{PAGE}")], "무효화한 경로: {paths:?}");
        let stored = self.objects()?;
        ensure!(
            stored.get(PAGE).map(|object| &object.content) == changed.files.get(PAGE),
            "페이지가 옛것이다"
        );
        self.publish(edition, None)?;
        Ok(format!("요청 {}번: {PAGE}와 게시 기록, 무효화 경로 하나", run.requests.len()))
    }

    fn invalidations(&self) -> Result<Vec<String>> {
        let id = self.deployed.stack.output("DistributionId")?;
        let answer =
            self.deployed.aws.json(&["cloudfront", "list-invalidations", "--distribution-id", id])?;
        let items = answer["InvalidationList"]["Items"].as_array().cloned().unwrap_or_default();
        Ok(items.iter().filter_map(|item| item["Id"].as_str().map(str::to_owned)).collect())
    }

    fn invalidated(&self, invalidation: &str) -> Result<Vec<String>> {
        let id = self.deployed.stack.output("DistributionId")?;
        let ask = ["cloudfront", "get-invalidation", "--distribution-id", id, "--id", invalidation];
        let answer = self.deployed.aws.json(&ask)?;
        let items = answer["Invalidation"]["InvalidationBatch"]["Paths"]["Items"].as_array().cloned();
        Ok(items.unwrap_or_default().iter().filter_map(|path| path.as_str().map(str::to_owned)).collect())
    }

    /// Empties the bucket, deletes the stack and looks for what is left.
    pub fn leave(&self) -> Result<String> {
        let Deployed { aws, stack, .. } = self.deployed;
        let resources = stack.resources(aws)?;
        let bucket = stack.output("SiteBucket")?;
        empty(aws, bucket)?;
        self.publisher.delete_roles(aws)?;
        stack.delete(aws)?;
        let looks: [(&str, &[&str], &str); 7] = [
            ("버킷", &["s3api", "list-buckets", "--query", "Buckets[].Name"], bucket),
            ("API", &["apigatewayv2", "get-apis", "--query", "Items[].ApiId"], ""),
            ("함수", &["lambda", "list-functions", "--query", "Functions[].FunctionName"], ""),
            ("표", &["dynamodb", "list-tables", "--query", "TableNames"], ""),
            ("배포", &["cloudfront", "list-distributions", "--query", "DistributionList.Items[].Id"], ""),
            (
                "풀",
                &["cognito-idp", "list-user-pools", "--max-results", "10", "--query", "UserPools[].Id"],
                "",
            ),
            ("로그", &["logs", "describe-log-groups", "--query", "logGroups[].logGroupName"], ""),
        ];
        let mut left = Vec::new();
        for (what, look, name) in looks {
            let answer = eventually(Duration::from_secs(5), || {
                let found = aws.json(look)?;
                let names: Vec<_> =
                    found.as_array().into_iter().flatten().filter_map(|item| item.as_str()).collect();
                Ok(names
                    .iter()
                    .all(|found| !found.contains(name))
                    .then_some(())
                    .or((names.is_empty()).then_some(())))
            })?;
            if answer.is_none() {
                left.push(format!("{what}: {}", aws.json(look)?));
            }
        }
        ensure!(left.is_empty(), "남았다: {}", left.join("\n"));
        Ok(format!(
            "리소스 {}개가 있었고, 버킷, API, 함수, 표, 배포, 풀, 로그가 하나도 남지 않았다",
            resources.len()
        ))
    }
}

/// Deletes every version of every object: a bucket that still holds one is not deleted.
fn empty(aws: &crate::aws::Aws, bucket: &str) -> Result<()> {
    let versions = aws.json(&["s3api", "list-object-versions", "--bucket", bucket])?;
    let mut objects = Vec::new();
    for kind in ["Versions", "DeleteMarkers"] {
        for version in versions[kind].as_array().into_iter().flatten() {
            objects.push(serde_json::json!({"Key": version["Key"], "VersionId": version["VersionId"]}));
        }
    }
    for batch in objects.chunks(500) {
        let list = serde_json::json!({"Objects": batch, "Quiet": true}).to_string();
        aws.text(&["s3api", "delete-objects", "--bucket", bucket, "--delete", &list])?;
    }
    Ok(())
}
