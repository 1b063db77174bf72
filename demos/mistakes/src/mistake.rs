//! The mistakes by name, and which of them can be shown mended beside itself.
//! Knows names only; how each is made is told where it is made.

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Writes an item whose key is text into a table whose key is a number.
    KeyType,
    /// Reads one by such a key: DynamoDB says it in other words.
    KeyElement,
    /// Writes a reserved word into an expression.
    ReservedWord,
    /// Creates an item where one is already, without a condition.
    Overwrite,
    /// Does what the execution role does not allow.
    AccessDenied,
    /// Believes that an item is gone as soon as it has expired.
    Expired,
    /// Works for longer than the function's time limit.
    TimeOut,
    /// Ends the process.
    Crash,
    /// Returns an error instead of an answer.
    Exception,
    /// Returns a body that is an object.
    Malformed,
    /// Answers with more than Lambda takes.
    TooLarge,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::KeyType,
        Self::KeyElement,
        Self::ReservedWord,
        Self::Overwrite,
        Self::AccessDenied,
        Self::Expired,
        Self::TimeOut,
        Self::Crash,
        Self::Exception,
        Self::Malformed,
        Self::TooLarge,
    ];

    /// The last part of the path.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyType => "key-type",
            Self::KeyElement => "key-element",
            Self::ReservedWord => "reserved-word",
            Self::Overwrite => "overwrite",
            Self::AccessDenied => "access-denied",
            Self::Expired => "expired",
            Self::TimeOut => "time-out",
            Self::Crash => "crash",
            Self::Exception => "exception",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
        }
    }

    /// The mistake of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mistake| mistake.name() == name)
    }

    /// Whether `?fixed=true` does the same thing rightly. Of the others there is nothing to show: who does not make them gets
    /// an answer like any other.
    #[must_use]
    pub fn can_be_fixed(self) -> bool {
        match self {
            Self::KeyType
            | Self::KeyElement
            | Self::ReservedWord
            | Self::Overwrite
            | Self::Expired
            | Self::Malformed => true,
            Self::AccessDenied | Self::TimeOut | Self::Crash | Self::Exception | Self::TooLarge => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_no_other() {
        for mistake in Mistake::ALL {
            assert_eq!(Mistake::named(mistake.name()), Some(mistake));
        }
        for name in ["", "Crash", "crash ", "key_type", "%63rash"] {
            assert_eq!(Mistake::named(name), None, "{name:?}");
        }
    }
}
