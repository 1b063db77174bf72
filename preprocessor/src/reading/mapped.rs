//! Text gathered from pieces of a file that still knows where each of its characters stands.
//! Knows no other module.

/// Joined text beside its place in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mapped {
    text: String,
    /// (offset in `text`, offset in the file), ascending.
    pieces: Vec<(usize, usize)>,
}

impl Mapped {
    /// One piece that stands at byte `at` of the file.
    pub(crate) fn of(piece: &str, at: usize) -> Self {
        let mut mapped = Self::default();
        mapped.push(piece, at);
        mapped
    }

    /// Adds a piece that stands at byte `at` of the file.
    pub(crate) fn push(&mut self, piece: &str, at: usize) {
        self.pieces.push((self.text.len(), at));
        self.text.push_str(piece);
    }

    /// The joined text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The byte of the file where byte `at` of the text stands.
    pub(crate) fn in_file(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|&(start, _)| start <= at).saturating_sub(1);
        self.pieces.get(index).map_or(0, |&(start, file)| file + (at - start))
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_found_in_its_piece() {
        let mut mapped = Mapped::of("가나", 10);
        mapped.push("다", 30);
        assert_eq!(mapped.text(), "가나다");
        assert_eq!([0, 3, 6, 9].map(|at| mapped.in_file(at)), [10, 13, 30, 33]);
        assert_eq!(Mapped::default().in_file(0), 0);
    }
}
