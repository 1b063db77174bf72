//! Tables for a terminal, in a form that is a table in Markdown too.
//! Knows columns of text; nothing of what they mean.

use std::fmt;

use unicode_width::UnicodeWidthStr;

/// Rows under a heading; the first column stands left, the others right.
#[derive(Debug, Clone)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|text| (*text).to_owned()).collect()] }
    }

    /// Adds a row; cells that are missing stay empty.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let widest = |column| self.rows.iter().map(|row| cell(row, column).width()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, width) in widths.iter().enumerate() {
                let text = cell(row, column);
                let space = " ".repeat(width - text.width());
                if column == 0 { write!(f, "| {text}{space} ")? } else { write!(f, "| {space}{text} ")? }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let rule = "-".repeat(width + 1);
                    if column == 0 { write!(f, "|{rule}-")? } else { write!(f, "|{rule}:")? }
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["함수", "ms"]);
        table.row(vec!["plain".into(), "12.5".into()]);
        table.row(vec!["x".into()]);
        assert_eq!(
            table.to_string(),
            "| 함수  |   ms |\n|-------|-----:|\n| plain | 12.5 |\n| x     |      |\n"
        );
    }
}
