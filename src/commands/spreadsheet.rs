//! Cells that a spreadsheet would take for formulas, made harmless and back.
//!
//! Spreadsheets run a cell that begins with one of [`BEGINNINGS`], even out of a CSV file, and people choose their own
//! names. An apostrophe in front makes it a text; one that was there before makes two of it, so that nothing is lost.

const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// `cell` as a spreadsheet may see it.
pub(super) fn guarded(mut cell: String) -> String {
    if is_formula(&cell) {
        cell.insert(0, '\'');
    }
    cell
}

/// What [`guarded`] made `cell` of.
pub(super) fn unguarded(mut cell: String) -> String {
    if cell.starts_with('\'') && is_formula(&cell) {
        cell.remove(0);
    }
    cell
}

/// Whether it is a formula, or one with apostrophes in front.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(BEGINNINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_each_comes_back_as_it_was() {
        for cell in ["=1+1", "+8613800000000", "-1", "@x", "\tx", "\rx", "'=1", "''=1", "'", "'Ann", "Ann", "", "O'=1"]
        {
            let written = guarded(cell.to_owned());

            assert!(!written.starts_with(BEGINNINGS), "{written}");
            assert_eq!(unguarded(written), cell);
        }
    }

    #[test]
    fn what_is_harmless_is_written_as_it_is() {
        for cell in ["Ann", "'Ann", "o=1", "\u{201c}=\u{201d}"] {
            assert_eq!(guarded(cell.to_owned()), cell);
        }
    }
}
