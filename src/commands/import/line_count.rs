//! Which line of a file a byte is on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};

/// Reads a file once, forwards, beside whoever reads what is in it.
pub(super) struct LineCount<R = File> {
    file: BufReader<R>,
    byte: u64,
    line: u64,
}

impl<R: io::Read> LineCount<R> {
    /// Begins with line 1.
    pub(super) fn new(file: R) -> LineCount<R> {
        LineCount { file: BufReader::with_capacity(1 << 16, file), byte: 0, line: 1 }
    }

    /// The line that `byte` is on, which must not be in front of the last one asked for.
    pub(super) fn line_at(&mut self, byte: u64) -> io::Result<u64> {
        while self.byte < byte {
            let ahead = self.file.fill_buf()?;
            let part = &ahead[..ahead.len().min((byte - self.byte) as usize)];
            if part.is_empty() {
                break;
            }
            self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
            let length = part.len();
            self.byte += length as u64;
            self.file.consume(length);
        }
        Ok(self.line)
    }

    /// The line of the first byte from `byte` on that ends none.
    pub(super) fn line_behind(&mut self, byte: u64) -> io::Result<u64> {
        self.line_at(byte)?;
        while let Some(end @ (b'\r' | b'\n')) = self.file.fill_buf()?.first().copied() {
            self.line += u64::from(end == b'\n');
            self.byte += 1;
            self.file.consume(1);
        }
        Ok(self.line)
    }
}

impl<R: io::Read + Seek> LineCount<R> {
    /// Goes on counting at `byte`, which is on `line`.
    pub(super) fn go_to(&mut self, byte: u64, line: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(byte))?;
        (self.byte, self.line) = (byte, line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_number_that_an_editor_shows() {
        let text = b"head\r\none\r\n\r\ntwo\nthree";
        let mut count = LineCount::new(&text[..]);

        let numbers = [0, 5, 9, 17].map(|byte| count.line_behind(byte).unwrap());

        assert_eq!(numbers, [1, 2, 4, 5]);
    }

    #[test]
    fn counting_goes_on_in_the_middle() {
        let mut count = LineCount::new(io::Cursor::new(b"head\r\none\r\ntwo\r\n"));

        count.go_to(9, 2).unwrap();

        assert_eq!((count.line_at(9).unwrap(), count.line_behind(9).unwrap()), (2, 3));
    }
}
