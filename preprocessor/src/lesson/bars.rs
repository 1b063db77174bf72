//! `toml bars`: columns of a dated data file as bars, drawn when the book is built.
//! Knows [`Fields`]; the file itself is read by [`Series`].

use super::{Fields, Series, Text};

/// What is drawn from the file.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    pub caption: Text,
    /// The file below the book's source folder.
    pub data: Text,
    /// Behind every number.
    pub unit: String,
    pub columns: Vec<Column>,
    /// What the file says; set when it has been read.
    pub series: Series,
}

/// One number of every row.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its key in the file's rows.
    pub name: Text,
    /// Its name for readers.
    pub text: Text,
}

impl Bars {
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let caption = fields.text("caption", 120);
        let data = fields.text("data", 120);
        let unit = fields.optional_text("unit", 12).unwrap_or_default().text;
        let columns = fields.tables("column", 1..=4, |fields| Column {
            name: fields.text("name", 64),
            text: fields.text("text", 12),
        });
        fields.different(columns.iter().map(|column| &column.name));
        fields.different(columns.iter().map(|column| &column.text));
        Self { caption, data, unit, columns, series: Series::default() }
    }
}
