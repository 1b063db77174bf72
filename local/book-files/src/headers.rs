//! The headers every page of a book carries beside its policy, on this machine and published alike.
//! Knows browsers' headers only; the policy itself is made from the pages (`InlineScripts`).

/// Name (lower case) and value, sorted by name.
///
/// No page of the book asks for a device, so that a script that slips in cannot either (W3C Permissions Policy). The address
/// of a page goes to its own origin only; others see the origin (W3C Referrer Policy). A file is what its media type says,
/// never what it looks like (Fetch Standard, `nosniff`).
pub const PAGE_HEADERS: [(&str, &str); 3] = [
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_sorted_and_values_are_ascii() {
        assert!(PAGE_HEADERS.is_sorted());
        for (name, value) in PAGE_HEADERS {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert!(value.is_ascii() && !value.contains(['\r', '\n']), "{value}");
        }
    }
}
