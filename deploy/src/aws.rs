//! How this program talks to AWS: one set of SDK settings, and the SDK's errors as sentences with a next step.
//! Knows the SDK's configuration and error types; nothing of buckets, stacks or books.

use std::error::Error;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// The longest one try may take: the largest file of a book over a slow line.
const ATTEMPT: Duration = Duration::from_secs(120);
/// The longest one call may take, all tries and the pauses between them included.
const OPERATION: Duration = Duration::from_secs(300);
const ATTEMPTS: u32 = 5;

/// Region, keys and endpoints come from where every AWS program looks: variables, profile, single sign-on, role.
///
/// # Errors
/// No region is set anywhere.
pub async fn settings() -> Result<SdkConfig> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let settings = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await;
    if settings.region().is_none() {
        bail!(
            "리전을 모른다: AWS_REGION=ap-northeast-2처럼 정하거나 AWS_PROFILE의 프로필에 region을 적는다. \
             (no AWS region)"
        );
    }
    Ok(settings)
}

/// An SDK error as a sentence: what was asked, what AWS said, what to do. Keys and signatures are never part of it.
pub fn explain<E>(asked: &str, error: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if caused_by_credentials(&error) {
        return anyhow!(
            "{asked}: AWS 자격 증명을 얻지 못했다. `aws login`이나 `aws sso login`으로 로그인하고 AWS_PROFILE을 \
             정하거나, CI라면 OIDC 역할을 받는 단계를 먼저 둔다. (no AWS credentials: {})",
            chain(&error)
        );
    }
    let Some(service) = error.as_service_error() else {
        return anyhow!("{asked}: AWS에 닿지 못했다: {}", chain(&error));
    };
    // The answer to a HEAD has no body that could name a code.
    let status = error.raw_response().map(|response| response.status().as_u16()).unwrap_or_default();
    let code = match (service.code(), status) {
        (Some(code), _) => code,
        (None, 403) => "Forbidden",
        (None, _) => "알 수 없는 오류",
    };
    let said = service.message().map(|message| format!(": {message}")).unwrap_or_default();
    let advice = advice(code).map(|advice| format!(" {advice}")).unwrap_or_default();
    anyhow!("{asked}: AWS가 거절했다 (HTTP {status}, {code}{said}).{advice}")
}

fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" | "Forbidden" => {
            "쓰는 역할에 이 동작의 권한이 있는지 본다. ListBucket이 없으면 S3는 없는 객체에도 이렇게 답한다."
        }
        "NoSuchBucket" => "버킷 이름과 계정을 확인한다. 스택을 먼저 배포했는가?",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => {
            "버킷이 다른 리전에 있다: AWS_REGION을 버킷의 리전으로 정한다."
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            "자격 증명의 시간이 다 되었다: 다시 로그인하고 같은 명령을 실행한다."
        }
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidClientTokenId" => {
            "자격 증명이 이 계정의 것이 아니거나 잘못되었다: AWS_PROFILE을 확인한다."
        }
        "RequestTimeTooSkewed" => "이 컴퓨터의 시계가 틀렸다.",
        "SlowDown"
        | "ServiceUnavailable"
        | "InternalError"
        | "Throttling"
        | "TooManyInvalidationsInProgress" => "잠시 뒤에 같은 명령을 다시 실행한다.",
        _ => return None,
    })
}

fn caused_by_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// The causes, outermost first. The SDK's own errors say little at the top.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}
