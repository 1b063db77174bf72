//! Writes, each under a condition that DynamoDB checks and applies in one step.
//! A write whose answer got lost and which the SDK therefore sent twice recognises its own work by the request it stored.

use super::{Meter, Repository};
use crate::{
    failure::Failure,
    item::{Item, attribute, expiry, number, text},
    key::StoredId,
    profile::Profile,
    refusal::Refusal,
};
use aws_sdk_dynamodb::{
    Error,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::{ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

impl Repository {
    // ANCHOR: conditional-put
    /// Creates a user where there is none, or only an expired one.
    ///
    /// # Errors
    /// [`Refusal::IdInUse`], or why the table did not answer.
    pub(crate) async fn create(
        &self,
        meter: &Meter,
        id: StoredId,
        profile: &Profile,
        now: i64,
    ) -> Result<Item, Refusal> {
        let request = new_request()?;
        let attributes = Item::new_attributes(id, profile, &request, now);
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(attributes.clone()))
            .condition_expression("attribute_not_exists(#id) OR #expiresAt <= :now")
            .expression_attribute_names("#id", attribute::ID)
            .expression_attribute_names("#expiresAt", attribute::EXPIRES_AT)
            .expression_attribute_values(":now", number(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match meter.timed(call.send()).await {
            Ok(answer) => {
                meter.consumed(&answer.consumed_capacity);
                Item::read(attributes)
            }
            Err(error) => match failed_condition(meter, "PutItem", error)? {
                Some(item) if item.is_of(&request) => Ok(item),
                _ => Err(Refusal::IdInUse),
            },
        }
    }
    // ANCHOR_END: conditional-put

    // ANCHOR: versioned-update
    /// Replaces a living user's profile, if it has the version expected (any, if none is), and gives it another hour.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`], [`Refusal::VersionMismatch`], or why the table did not answer.
    pub(crate) async fn replace(
        &self,
        meter: &Meter,
        id: StoredId,
        profile: &Profile,
        expected: Option<u64>,
        now: i64,
    ) -> Result<Item, Refusal> {
        let request = new_request()?;
        let (update, condition) = (
            "SET #name = :name, #version = #version + :one, #expiresAt = :expiresAt, #request = :request",
            "attribute_exists(#id) AND #expiresAt > :now AND #request <> :request",
        );
        let mut call = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(attribute::ID, number(id))
            .expression_attribute_names("#id", attribute::ID)
            .expression_attribute_names("#name", attribute::NAME)
            .expression_attribute_names("#email", attribute::EMAIL)
            .expression_attribute_names("#version", attribute::VERSION)
            .expression_attribute_names("#expiresAt", attribute::EXPIRES_AT)
            .expression_attribute_names("#request", attribute::REQUEST)
            .expression_attribute_values(":name", text(profile.name.as_str()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":expiresAt", number(expiry(now)))
            .expression_attribute_values(":request", text(&request))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        call = match &profile.email {
            Some(email) => call
                .update_expression(format!("{update}, #email = :email"))
                .expression_attribute_values(":email", text(email.as_str())),
            None => call.update_expression(format!("{update} REMOVE #email")),
        };
        call = match expected {
            Some(version) => call
                .condition_expression(format!("{condition} AND #version = :version"))
                .expression_attribute_values(":version", number(version)),
            None => call.condition_expression(condition),
        };
        match meter.timed(call.send()).await {
            Ok(answer) => {
                meter.consumed(&answer.consumed_capacity);
                Item::read(answer.attributes.ok_or(Refusal::Internal)?)
            }
            Err(error) => match failed_condition(meter, "UpdateItem", error)? {
                Some(item) if item.is_of(&request) => Ok(item),
                Some(item) if item.is_alive(now) => Err(Refusal::VersionMismatch { current: item.version }),
                _ => Err(Refusal::UserNotFound),
            },
        }
    }
    // ANCHOR_END: versioned-update

    /// Deletes a user, if it has the version expected (any, if none is). One that is gone needs no deleting.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`], or why the table did not answer.
    pub(crate) async fn delete(
        &self,
        meter: &Meter,
        id: StoredId,
        expected: Option<u64>,
        now: i64,
    ) -> Result<(), Refusal> {
        let condition = "attribute_exists(#id)";
        let mut call = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(attribute::ID, number(id))
            .expression_attribute_names("#id", attribute::ID)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        call = match expected {
            Some(version) => call
                .condition_expression(format!("{condition} AND #version = :version"))
                .expression_attribute_names("#version", attribute::VERSION)
                .expression_attribute_values(":version", number(version)),
            None => call.condition_expression(condition),
        };
        match meter.timed(call.send()).await {
            Ok(answer) => {
                meter.consumed(&answer.consumed_capacity);
                Ok(())
            }
            Err(error) => match failed_condition(meter, "DeleteItem", error)? {
                Some(item) if item.is_alive(now) => Err(Refusal::VersionMismatch { current: item.version }),
                _ => Ok(()),
            },
        }
    }
}

/// Takes a failed write for what it is: the item that stood against its condition, if one did, or a failure.
fn failed_condition<E>(
    meter: &Meter,
    operation: &'static str,
    error: SdkError<E, HttpResponse>,
) -> Result<Option<Item>, Refusal>
where
    E: ProvideErrorMetadata,
    Error: From<SdkError<E, HttpResponse>>,
{
    match Failure::of(operation, error) {
        Failure::Condition(attributes) => {
            meter.failed_condition();
            attributes.map(Item::read).transpose()
        }
        Failure::Other(refusal) => Err(refusal),
    }
}

/// A name for one write, stored with it.
fn new_request() -> Result<String, Refusal> {
    environment::random_hex().map_err(|_| Refusal::Internal)
}
