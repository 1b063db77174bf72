//! `toml compare`: blocks of one chapter beside each other, each with the same numbers about its runs.
//! Knows [`Fields`] and claims.

use super::{Fields, Text};
use crate::claim::{BlockReference, Expression, parse_number};

/// A table of numbers: a row per block, a column per expression.
#[derive(Clone, Debug)]
pub(crate) struct Compare {
    pub caption: Text,
    pub rows: Vec<Row>,
    pub columns: Vec<Column>,
}

/// One block.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub text: Text,
    /// The block's id.
    pub block: Text,
}

/// One number about a block.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub text: Text,
    /// What is computed; without a block of its own it is about the row's.
    pub value: Expression,
    /// Behind every number.
    pub unit: String,
    /// Other blocks it names, with offsets in the fence.
    pub blocks: Vec<BlockReference>,
}

impl Compare {
    pub fn read(fields: &mut Fields<'_>, names: &[&str]) -> Self {
        let caption = fields.text("caption", 120);
        let rows = fields.tables("row", 2..=8, |fields| Row {
            text: fields.text("text", 60),
            block: fields.text("block", 64),
        });
        let columns = fields.tables("column", 1..=5, |fields| {
            let (text, value) = (fields.text("text", 40), fields.text("value", 200));
            let unit = fields.optional_text("unit", 12).unwrap_or_default().text;
            if value.text.is_empty() {
                return None;
            }
            match parse_number(&value.text, names) {
                Ok(parsed) => {
                    let shifted = |block: BlockReference| BlockReference { at: value.at + block.at, ..block };
                    let blocks = parsed.blocks.into_iter().map(shifted).collect();
                    Some(Column { text, value: parsed.expr, unit, blocks })
                }
                Err(fault) => {
                    fields.fault(value.at + fault.at, fault.message);
                    None
                }
            }
        });
        fields.different(rows.iter().map(|row| &row.text));
        fields.different(rows.iter().map(|row| &row.block));
        let columns: Vec<_> = columns.into_iter().flatten().collect();
        fields.different(columns.iter().map(|column| &column.text));
        Self { caption, rows, columns }
    }

    /// Every block named, with its offset in the fence.
    pub fn blocks(&self) -> impl Iterator<Item = (&str, usize)> {
        let rows = self.rows.iter().map(|row| (row.block.text.as_str(), row.block.at));
        rows.chain(
            self.columns.iter().flat_map(|column| &column.blocks).map(|block| (block.id.as_str(), block.at)),
        )
    }
}
