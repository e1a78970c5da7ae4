use std::io::{BufRead, Read};
use std::sync::Arc;

use gateline::model::Place;

use super::error::RecordError;

/// In bytes. No request that a gateway takes makes a longer one, and memory stays bounded whatever is read.
const LONGEST: u64 = 1 << 20;

/// Lines with their places. Ends after what cannot be read at all.
pub(super) struct Lines<R> {
    file: Arc<str>,
    log: R,
    line: u32,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(file: &str, log: R) -> Self {
        Self { file: file.into(), log, line: 0, ended: false }
    }

    fn read(&mut self) -> std::io::Result<Option<Result<String, &'static str>>> {
        let mut bytes = Vec::new();
        if self.log.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        if bytes.len() as u64 == LONGEST && !bytes.ends_with(b"\n") {
            self.log.skip_until(b'\n')?;
            return Ok(Some(Err("this line is longer than 1 MiB")));
        }
        let text = String::from_utf8(bytes).map_err(|_| "this line is not UTF-8");
        Ok(Some(text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned())))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<(Place, String), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.line = self.line.saturating_add(1);
        let place = Place { file: self.file.clone(), line: self.line, column: 1 };
        match self.read() {
            Ok(line) => Some(match line? {
                Ok(text) => Ok((place, text)),
                Err(message) => Err(RecordError::new(place, message)),
            }),
            Err(error) => {
                self.ended = true;
                Some(Err(RecordError::new(place, format!("cannot read on: {error}"))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let lines = Lines::new("log", BufReader::with_capacity(7, Cursor::new(bytes)));
        lines.map(|line| line.map_or_else(|error| error.to_string(), |(_, text)| text)).collect()
    }

    #[test]
    fn what_is_no_text_is_one_bad_line() {
        let read = lines(b"first\r\n\xff\xfe\nlast");
        assert_eq!(read, ["first", "log:2:1: this line is not UTF-8", "last"]);
    }

    #[test]
    fn an_endless_line_is_skipped() {
        let mut bytes = vec![b'a'; 3 << 20];
        bytes.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&bytes), ["log:1:1: this line is longer than 1 MiB", "next"]);
    }

    #[test]
    fn what_cannot_be_read_ends_it() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk is gone"))
            }
        }
        let mut lines = Lines::new("log", BufReader::new(Broken));
        let error = lines.next().unwrap().unwrap_err().to_string();
        assert_eq!(error, "log:1:1: cannot read on: the disk is gone");
        assert!(lines.next().is_none());
    }
}
