//! Small random changes to blocks: what an author's slips and a fuzzer's luck have in common.
//! Shared by the property test and by the comparison with the real Hurl parser.

/// A small deterministic generator (xorshift64*): the same seed gives the same changes everywhere.
pub struct Chance(u64);

impl Chance {
    /// Any seed will do.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or(0) % end.max(1)
    }
}

/// What stands on keyboards and what has meaning in the syntax; some of it invisible.
const SNIPPETS: [&str; 74] = [
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\r\n",
    "\u{a0}",
    "\u{3000}",
    "\u{200b}",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "#",
    "# ",
    "# claim: cold == 1",
    ":",
    ": ",
    "\\",
    "\\n",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\u{41}",
    "\"",
    "'",
    "`",
    "```",
    "{",
    "}",
    "{{",
    "}}",
    "{{a}}",
    "{{ a }}",
    "{{newUuid}}",
    "{{api}}",
    "{{{a}}}",
    "[",
    "]",
    "[]",
    "[1]",
    "[true]",
    "[Options]",
    "[Captures]",
    "[Asserts]",
    "[Query]",
    "HTTP 200",
    "HTTP *",
    "HTTP/1.1 200",
    "HTTP",
    "GET ",
    "POST {{api}}/x",
    "repeat: 2",
    "repeat: -1",
    "delay: 1s",
    "delay: 20",
    "status == 200",
    "not ",
    "exists",
    "isEmpty",
    "count",
    "jsonpath \"$.a\"",
    "header \"a\"",
    "null",
    "true",
    "-0",
    "01",
    "1.",
    "1e5",
    "1e999",
    "가",
    "é",
];

/// `text` with one to six changes; `others` are texts to borrow lines from.
pub fn mutate(text: &str, others: &[String], chance: &mut Chance) -> String {
    let mut text = text.to_owned();
    for _ in 0..=chance.below(6) {
        let at = text.floor_char_boundary(chance.below(text.len() + 1));
        match chance.below(8) {
            0 | 1 => text.insert_str(at, SNIPPETS[chance.below(SNIPPETS.len())]),
            2 => {
                let end = text.floor_char_boundary(at + 1 + chance.below(4));
                text.replace_range(at..end.max(at), "");
            }
            3 => {
                let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
                text.replace_range(at..end, SNIPPETS[chance.below(SNIPPETS.len())]);
            }
            4 => text.truncate(at),
            5 => lines(
                &mut text,
                |lines, chance| {
                    let from = chance.below(lines.len());
                    lines.insert(chance.below(lines.len() + 1), lines[from].clone());
                },
                chance,
            ),
            6 => lines(
                &mut text,
                |lines, chance| {
                    lines.remove(chance.below(lines.len()));
                },
                chance,
            ),
            _ => {
                let other: Vec<&str> = others[chance.below(others.len())].lines().collect();
                let borrowed =
                    other.get(chance.below(other.len())).map_or(String::new(), |line| (*line).to_owned());
                lines(
                    &mut text,
                    |lines, chance| lines.insert(chance.below(lines.len() + 1), borrowed),
                    chance,
                );
            }
        }
    }
    text
}

fn lines(text: &mut String, change: impl FnOnce(&mut Vec<String>, &mut Chance), chance: &mut Chance) {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    change(&mut lines, chance);
    *text = lines.join("\n");
}
