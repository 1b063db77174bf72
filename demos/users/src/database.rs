//! The DynamoDB client: what is in it is ready before the first request, and nothing in it waits without a limit.
//! Knows the SDK only; the address of the table's service comes from the environment, as with any SDK program.

use aws_config::{
    BehaviorVersion, ConfigLoader, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::Client;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use std::time::Duration;

/// The roots every AWS endpoint's certificate descends from (Amazon Trust Services, valid until 2037 at least).
/// Loading these five costs a tenth of what loading all of a system's costs, once per cold start, and trusts fewer.
const ROOTS: &[u8] = include_bytes!("amazon-trust-services.pem");

/// The longest one try may take, connecting included.
const ATTEMPT: Duration = Duration::from_millis(1_500);
/// The longest one call may take, all tries and the pauses between them included: well below the function's own limit.
const OPERATION: Duration = Duration::from_millis(3_500);
const ATTEMPTS: u32 = 3;

/// Settings common to every deployment. Region, keys and endpoint come from the variables Lambda sets,
/// so that no start ever waits for a metadata service.
pub fn settings() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(1_000))
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_millis(400));
    aws_config::defaults(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .http_client(https(ROOTS))
        .timeout_config(timeouts)
        .retry_config(retries)
        // Answers are a few kilobytes; a freeze between two invocations must not look like a stalled download.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// A client with these settings.
#[must_use]
pub fn client(settings: &SdkConfig) -> Client {
    Client::new(settings)
}

/// TLS by ring, which needs no 29 ms of processor time for its first random number as the SDK's default does.
/// `roots` are certificates in PEM.
pub fn https(roots: &[u8]) -> impl aws_sdk_dynamodb::config::HttpClient + 'static {
    let roots = TrustStore::empty().with_pem_certificate(roots);
    // Building a context cannot fail today; if it ever does, the system's roots are a slower start, not a broken one.
    let tls = TlsContext::builder().with_trust_store(roots).build().unwrap_or_default();
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::Region;
    use aws_sdk_dynamodb::{config::Credentials, error::SdkError};

    /// Certificates that cannot be read would be a panic at the first connection.
    #[tokio::test]
    async fn the_roots_can_be_read_and_a_connection_to_nowhere_is_an_error() {
        let keys = Credentials::new("id", "key", None, None, "test");
        let settings = settings()
            .region(Region::from_static("ap-northeast-2"))
            .credentials_provider(keys)
            .endpoint_url("https://127.0.0.1:9")
            .load()
            .await;
        let error = client(&settings).list_tables().send().await.unwrap_err();
        assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    }

    #[test]
    fn the_five_roots_of_amazon_trust_services() {
        let text = std::str::from_utf8(ROOTS).unwrap();
        assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 5);
        assert!(
            ["CN = Amazon Root CA 1", "Starfield Services Root Certificate Authority - G2"]
                .iter()
                .all(|name| text.contains(name))
        );
    }
}
