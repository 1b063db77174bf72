//! Numbers as a page shows them, digit for digit as the page's script writes them.
//! Knows no other module.

/// `value` with exactly `digits` digits after the point and commas between thousands, as `Intl.NumberFormat` writes
/// it: the shortest decimal number that means `value` is rounded, halves away from zero, and there is no `-0`.
pub fn grouped(value: f64, digits: usize) -> String {
    let shortest = value.abs().to_string();
    let (whole, fraction) = shortest.split_once('.').unwrap_or((&shortest, ""));
    let mut figures: Vec<u8> =
        whole.bytes().chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(digits)).collect();
    if fraction.as_bytes().get(digits).is_some_and(|next| *next >= b'5') {
        increase(&mut figures);
    }
    let whole = figures.len() - digits;
    let mut text = String::with_capacity(figures.len() * 4 / 3 + 2);
    if value < 0.0 && figures.iter().any(|figure| *figure != b'0') {
        text.push('-');
    }
    for (index, figure) in figures.into_iter().enumerate() {
        if index == whole {
            text.push('.');
        } else if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(char::from(figure));
    }
    text
}

/// Adds one to the last of decimal figures.
fn increase(figures: &mut Vec<u8>) {
    for figure in figures.iter_mut().rev() {
        if *figure < b'9' {
            *figure += 1;
            return;
        }
        *figure = b'0';
    }
    figures.insert(0, b'1');
}

/// Milliseconds: `0.25ms`, `12.3ms`.
pub fn ms(value: f64) -> String {
    format!("{}ms", fixed(value, if value < 1.0 { 2 } else { 1 }))
}

/// A coordinate: one digit after the point, and none that says nothing.
pub fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number with its unit: signs of money stand before it, everything else after it.
pub fn with_unit(number: &str, unit: &str) -> String {
    if unit == "$" { format!("{unit}{number}") } else { format!("{number}{unit}") }
}

/// What a browser's `toFixed` writes for a number that is not negative: an exact half is rounded up, where Rust's
/// formatting takes the even digit.
fn fixed(value: f64, digits: usize) -> String {
    // An f64 nearer than this to a half, and not a half, does not exist.
    let half = format!("5{:0<19}", "");
    let exact = format!("{value:.0$}", digits + 20);
    let value = if exact.ends_with(&half) { value.next_up() } else { value };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vectors {
        shown: Vec<Vector>,
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        value: f64,
        digits: usize,
        text: String,
    }

    /// The page's script is held against the same file.
    #[test]
    fn writes_numbers_as_the_shared_vectors_do() {
        let vectors: Vectors =
            serde_json::from_str(include_str!("../../tests/vectors/formulas.json")).unwrap();
        assert!(vectors.shown.len() > 20);
        for Vector { value, digits, text } in vectors.shown {
            assert_eq!(grouped(value, digits), text, "{value} {digits}");
        }
    }

    #[test]
    fn milliseconds_coordinates_and_units() {
        let times = [0.004, 0.994, 1.0, 12.25, 1234.56].map(ms);
        assert_eq!(times, ["0.00ms", "0.99ms", "1.0ms", "12.3ms", "1234.6ms"]);
        assert_eq!([12.0, 12.34, -0.01].map(coordinate), ["12", "12.3", "0"]);
        assert_eq!([with_unit("1.42", "$"), with_unit("7", "개")], ["$1.42", "7개"]);
    }
}
