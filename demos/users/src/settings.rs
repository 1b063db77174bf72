//! The function's own environment variables, read once in init.
//! Knows what they configure, nothing of requests.

use crate::{key::Namespaces, throttle::Throttle};
use std::env;

/// What the template sets.
pub struct Settings {
    /// `TABLE_NAME`: the table's name.
    pub table: String,
    /// `NAMESPACE_KEY`: keys the mapping from visitors to namespaces.
    pub namespaces: Namespaces,
    /// `VISITOR_RATE` (requests per second) and `VISITOR_BURST` (requests at once).
    pub throttle: Throttle,
}

/// A variable is missing or makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("환경 변수 {name}: {rule} (environment variable missing or malformed)")]
pub struct SettingsError {
    name: &'static str,
    rule: &'static str,
}

impl Settings {
    /// Reads them from the process's environment.
    ///
    /// # Errors
    /// Names the first variable that is missing or malformed.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, SettingsError> {
        let text = |name| {
            let error = SettingsError { name, rule: "비어 있지 않은 값이 필요하다" };
            variable(name).filter(|value| !value.is_empty()).ok_or(error)
        };
        let rate = text("VISITOR_RATE")?.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
        let rate =
            rate.ok_or(SettingsError { name: "VISITOR_RATE", rule: "0보다 큰 수가 필요하다" })?;
        let burst = text("VISITOR_BURST")?.parse().ok().filter(|burst: &u32| *burst > 0);
        let burst = burst
            .ok_or(SettingsError { name: "VISITOR_BURST", rule: "1 이상의 정수가 필요하다" })?;
        let namespaces = Namespaces::keyed(&text("NAMESPACE_KEY")?);
        Ok(Self {
            table: text("TABLE_NAME")?,
            namespaces: namespaces
                .map_err(|_| SettingsError {
                    name: "NAMESPACE_KEY", rule: "더 짧은 값이 필요하다"
                })?,
            throttle: Throttle::new(rate, burst),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("TABLE_NAME", "User"),
        ("NAMESPACE_KEY", "arn:x"),
        ("VISITOR_RATE", "0.5"),
        ("VISITOR_BURST", "20"),
    ];

    fn with(changed: &str, value: Option<&str>) -> Result<Settings, SettingsError> {
        Settings::read(|name| {
            let good = GOOD.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            (if name == changed { value } else { good }).map(str::to_owned)
        })
    }

    #[test]
    fn the_template_s_values_are_read() {
        assert_eq!(with("", None).map(|settings| settings.table).unwrap(), "User");
    }

    #[test]
    fn every_variable_is_needed_and_checked() {
        for (name, _) in GOOD {
            assert_eq!(with(name, None).err().unwrap().name, name);
            assert_eq!(with(name, Some("")).err().unwrap().name, name);
        }
        for (name, value) in
            [("VISITOR_RATE", "0"), ("VISITOR_RATE", "inf"), ("VISITOR_BURST", "1.5"), ("VISITOR_BURST", "0")]
        {
            assert_eq!(with(name, Some(value)).err().unwrap().name, name, "{value}");
        }
    }
}
