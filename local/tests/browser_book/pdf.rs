//! The text in a PDF as Chromium writes it: glyph numbers of embedded fonts and, for each font, what they mean.
//! Reads just that much of the format (ISO 32000-1, 7.3 and 9.10.3).

use std::collections::HashMap;
use std::io::Read;

use flate2::read::ZlibDecoder;

type Meanings = HashMap<u16, String>;

/// All text in the order in which it is drawn.
pub fn text(file: &[u8]) -> String {
    let objects = objects(file);
    let fonts: HashMap<&str, Meanings> = objects
        .iter()
        .filter_map(|(number, object)| {
            let dictionary = String::from_utf8_lossy(object);
            let map = dictionary.split("/ToUnicode ").nth(1)?.split(' ').next()?.to_owned();
            Some((number.as_str(), meanings(&stream(objects.get(&map)?)?)))
        })
        .collect();
    let mut drawn: Vec<_> = objects
        .iter()
        .filter_map(|(number, object)| Some((number.parse::<u32>().ok()?, stream(object)?)))
        .collect();
    drawn.sort();
    drawn
        .iter()
        .filter(|(_, content)| content.contains(" Tf"))
        .map(|(_, content)| shown(content, &fonts))
        .collect()
}

/// The objects by number.
fn objects(file: &[u8]) -> HashMap<String, Vec<u8>> {
    let mut found = HashMap::new();
    let mut rest = file;
    while let Some(at) = find(rest, b" 0 obj") {
        let start = rest[..at].iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |before| before + 1);
        let number = String::from_utf8_lossy(&rest[start..at]).into_owned();
        rest = &rest[at + 6..];
        let end = find(rest, b"endobj").unwrap_or(rest.len());
        found.insert(number, rest[..end].to_vec());
        rest = &rest[end..];
    }
    found
}

/// The content of a stream object, unpacked.
fn stream(object: &[u8]) -> Option<String> {
    let start = find(object, b"stream")? + 6;
    let packed = &object[start..];
    let packed = packed.strip_prefix(b"\r\n").or_else(|| packed.strip_prefix(b"\n"))?;
    if find(&object[..start], b"/FlateDecode").is_none() {
        return Some(String::from_utf8_lossy(packed).into_owned());
    }
    let mut text = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// `<0001> <AC00>` and `<0001> <0004> <AC00>` lines of a font's character map.
fn meanings(map: &str) -> Meanings {
    let mut found = HashMap::new();
    let mut is_range = false;
    for line in map.lines() {
        is_range = if line.contains("beginbfrange") {
            true
        } else if line.contains("beginbfchar") {
            false
        } else {
            is_range
        };
        let parts: Vec<_> = line.split(['<', '>']).skip(1).step_by(2).collect();
        match (parts.as_slice(), is_range) {
            ([glyph, means], false) => {
                found.insert(number(glyph), units(means, 0));
            }
            ([first, last, means], true) => {
                for (step, glyph) in (number(first)..=number(last)).enumerate() {
                    found.insert(glyph, units(means, u16::try_from(step).unwrap()));
                }
            }
            _ => {}
        }
    }
    found
}

fn number(hex: &str) -> u16 {
    u16::from_str_radix(hex, 16).unwrap_or_default()
}

/// UTF-16 in hexadecimal, the last unit raised by `step`.
fn units(hex: &str, step: u16) -> String {
    let mut units: Vec<_> =
        hex.as_bytes().chunks(4).map(|unit| number(&String::from_utf8_lossy(unit))).collect();
    if let Some(last) = units.last_mut() {
        *last += step;
    }
    String::from_utf16_lossy(&units)
}

/// What a page shows: `/F7 16 Tf` chooses a font, `<0001002A>` shows glyphs of it.
fn shown(content: &str, fonts: &HashMap<&str, Meanings>) -> String {
    let mut text = String::new();
    let mut font = None;
    for line in content.lines() {
        if line.ends_with(" Tf") {
            font = line.split("/F").nth(1).and_then(|name| fonts.get(name.split(' ').next()?));
        }
        let Some(font) = font else { continue };
        for glyphs in line.split('<').skip(1).filter_map(|part| part.split('>').next()) {
            for glyph in glyphs.as_bytes().chunks(4) {
                text.push_str(
                    font.get(&number(&String::from_utf8_lossy(glyph))).map_or("\u{fffd}", String::as_str),
                );
            }
        }
    }
    text
}
