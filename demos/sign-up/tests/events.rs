//! Cognito's events, as its guide shows them, against a real engine that counts the days.

#![allow(clippy::unwrap_used)]

use aws_config::Region;
use aws_sdk_dynamodb::{
    Client,
    config::Credentials,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    },
};
use dynoxide::Database;
use serde_json::{Value, json};
use sign_up::{Days, Refusal, answer};
use std::{
    future::pending,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpListener, runtime::Builder};
use users::database;

const TABLE: &str = "sign-ups";

/// Noon of the day with this number.
fn noon(day: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(day * 86_400 + 43_200)
}

fn event(name: &str) -> Value {
    json!({
        "version": "1",
        "region": "ap-northeast-2",
        "userPoolId": "ap-northeast-2_Example01",
        "userName": name,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "0123456789abcdefghijklmnop"},
        "triggerSource": "PreSignUp_SignUp",
        "request": {"userAttributes": {}, "validationData": null},
        "response": {"autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false},
    })
}

async fn client(engine: SocketAddr) -> Client {
    let settings = database::settings()
        .region(Region::from_static("ap-northeast-2"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .endpoint_url(format!("http://{engine}"));
    database::client(&settings.load().await)
}

/// Runs a test beside an engine with the template's table. The engine's parser recurses deeply, hence the large stacks.
fn with_table<T: Future<Output = ()>>(test: impl FnOnce(Client) -> T) {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).thread_stack_size(16 << 20).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let engine = listener.local_addr().unwrap();
        let database = Database::memory().unwrap();
        tokio::spawn(async move {
            dynoxide::server::serve_with_shutdown(listener, database, pending()).await.unwrap();
        });
        let client = client(engine).await;
        let day = AttributeDefinition::builder().attribute_name("day").attribute_type(ScalarAttributeType::N);
        let key = KeySchemaElement::builder().attribute_name("day").key_type(KeyType::Hash);
        let request = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
        let request = request.attribute_definitions(day.build().unwrap()).key_schema(key.build().unwrap());
        request.send().await.unwrap();
        test(client).await;
    });
}

fn days(client: &Client, most: u32) -> Days {
    Days::new(client.clone(), TABLE.to_owned(), most)
}

#[test]
fn a_reader_is_confirmed_and_the_rest_of_the_event_comes_back_as_it_was() {
    with_table(|client| async move {
        let answered = answer(event("reader-1"), &days(&client, 5), noon(20_000)).await.unwrap();
        let mut expected = event("reader-1");
        expected["response"]["autoConfirmUser"] = json!(true);
        assert_eq!(answered, expected);
        let item = client.get_item().table_name(TABLE).key("day", AttributeValue::N("20000".into()));
        let item = item.send().await.unwrap().item.unwrap();
        assert_eq!(item["count"], AttributeValue::N("1".into()));
        assert_eq!(item["expiresAt"], AttributeValue::N((20_002_u64 * 86_400).to_string()));
    });
}

#[test]
fn the_day_s_last_account_is_given_once_and_the_next_day_begins_anew() {
    with_table(|client| async move {
        // Each environment knows nothing of the others.
        let mut taken = 0;
        for _ in 0..8 {
            match answer(event("reader-1"), &days(&client, 5), noon(20_000)).await {
                Ok(_) => taken += 1,
                Err(refusal) => assert_eq!(refusal, Refusal::Full),
            }
        }
        assert_eq!(taken, 5);
        let one = days(&client, 5);
        assert_eq!(answer(event("reader-1"), &one, noon(20_000)).await, Err(Refusal::Full));
        assert_eq!(answer(event("reader-1"), &one, noon(20_000)).await, Err(Refusal::Full));
        let mut named_by_the_pool = event("reader-1");
        named_by_the_pool["request"]["userAttributes"]["sub"] = json!("0f0e0d0c");
        assert!(answer(named_by_the_pool, &one, noon(20_001)).await.is_ok());
    });
}

#[test]
fn readers_at_the_same_moment_share_what_is_left() {
    with_table(|client| async move {
        let all = (0..12).map(|_| {
            let days = days(&client, 7);
            tokio::spawn(async move { answer(event("reader-1"), &days, noon(20_000)).await.is_ok() })
        });
        let mut taken = 0;
        for one in all.collect::<Vec<_>>() {
            taken += u32::from(one.await.unwrap());
        }
        assert_eq!(taken, 7);
    });
}

#[test]
fn what_is_refused_takes_nothing_of_the_day() {
    with_table(|client| async move {
        let days = days(&client, 5);
        let ask = |event: Value| answer(event, &days, noon(20_000));
        let mut with_mail = event("reader-1");
        with_mail["request"]["userAttributes"]["email"] = json!("reader@example.com");
        assert_eq!(ask(with_mail.clone()).await, Err(Refusal::Attributes));
        with_mail["request"]["userAttributes"]["sub"] = json!("0f0e0d0c");
        assert_eq!(ask(with_mail).await, Err(Refusal::Attributes));
        assert_eq!(ask(event("홍길동")).await, Err(Refusal::Name));
        let mut foreign = event("google_1");
        foreign["triggerSource"] = json!("PreSignUp_ExternalProvider");
        assert_eq!(ask(foreign).await, Err(Refusal::Unexpected));
        for broken in [json!(null), json!([]), json!({"triggerSource": "PreSignUp_SignUp"}), json!("x")] {
            assert_eq!(ask(broken).await, Err(Refusal::Unexpected));
        }
        let mut made_by_a_maintainer = event("Any Name");
        made_by_a_maintainer["triggerSource"] = json!("PreSignUp_AdminCreateUser");
        assert_eq!(ask(made_by_a_maintainer.clone()).await, Ok(made_by_a_maintainer));
        let item = client.get_item().table_name(TABLE).key("day", AttributeValue::N("20000".into()));
        assert!(item.send().await.unwrap().item.is_none());
    });
}

#[test]
fn without_its_table_no_account_is_made_and_nothing_of_the_table_is_told() {
    with_table(|client| async move {
        let nowhere = Days::new(client, "another-table".to_owned(), 5);
        let refusal = answer(event("reader-1"), &nowhere, noon(20_000)).await.unwrap_err();
        assert_eq!(refusal, Refusal::Unavailable);
        let diagnostic = lambda_runtime::Diagnostic::from(refusal);
        assert_eq!(diagnostic.error_type, "Unavailable");
        assert!(!diagnostic.error_message.contains("table"), "{}", diagnostic.error_message);
    });
}
