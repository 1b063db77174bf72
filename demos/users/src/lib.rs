//! Create, read, replace, delete: users in a DynamoDB table whose partition key is a number, one small world per visitor.
//! Knows the environment layer, HTTP and the AWS SDK. Only `repository` speaks to the table, only `app` knows the routes.

mod admission;
mod app;
mod body;
pub mod database;
mod email;
mod failure;
mod if_match;
mod item;
mod key;
mod name;
mod profile;
mod refusal;
mod repository;
mod settings;
mod throttle;
mod user_id;
mod view;
mod visitor;
mod visitors;

pub use app::app;
pub use body::LONGEST as LONGEST_BODY;
pub use failure::Failure;
pub use item::{
    Attributes, KEY_TYPE,
    attribute::{EXPIRES_AT as TTL_ATTRIBUTE, ID as KEY_ATTRIBUTE},
};
pub use key::{Namespace, Namespaces, StoredId};
pub use refusal::Refusal;
pub use repository::Repository;
pub use settings::{Settings, SettingsError};
pub use throttle::Throttle;
pub use user_id::{MOST as MOST_USERS, UserId};
pub use visitor::Visitor;
pub use visitors::{Visitors, admit};
