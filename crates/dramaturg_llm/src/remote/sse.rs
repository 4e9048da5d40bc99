//! Server-sent events, read from bytes as they come: a piece may end within a line, even within a character.

/// A line or an event longer than this is no answer of a model.
const LONGEST: usize = 1 << 20;

/// Collects bytes into the data of events. Only `data` matters to the protocol; ids and event names are passed over.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Option<String>,
    /// The last byte was a carriage return: a line feed that follows ends no second line.
    after_return: bool,
}

impl Events {
    /// Reads on. The data of each event that these bytes complete is put in `complete`, also of those before an error.
    pub(super) fn feed(&mut self, bytes: &[u8], complete: &mut Vec<String>) -> Result<(), String> {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let end = piece.last().copied().filter(|byte| matches!(byte, b'\n' | b'\r'));
            let content = &piece[..piece.len() - usize::from(end.is_some())];
            if std::mem::take(&mut self.after_return) && end == Some(b'\n') && content.is_empty() {
                continue;
            }
            if self.line.len() + content.len() > LONGEST {
                return Err(format!("a line of more than {LONGEST} bytes"));
            }
            self.line.extend_from_slice(content);
            if end.is_some() {
                self.after_return = end == Some(b'\r');
                complete.extend(self.end_line()?);
            }
        }
        Ok(())
    }

    /// The connection has ended: some servers forget the empty line behind the last event.
    pub(super) fn finish(&mut self) -> Result<Option<String>, String> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        Ok(self.data.take())
    }

    fn end_line(&mut self) -> Result<Option<String>, String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let line = std::str::from_utf8(&line).map_err(|_| "a line that is not UTF-8".to_owned())?;
        let line = line.trim_start_matches('\u{feff}');
        if let Some(data) = line.strip_prefix("data").and_then(|rest| rest.strip_prefix(':')) {
            let data = data.strip_prefix(' ').unwrap_or(data);
            match &mut self.data {
                Some(before) if before.len() + data.len() > LONGEST => {
                    return Err(format!("an event of more than {LONGEST} bytes"));
                }
                Some(before) => *before = format!("{before}\n{data}"),
                None => self.data = Some(data.to_owned()),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "\u{feff}: hello\r\ndata: {\"a\":\r\ndata: \"ä\"}\r\n\r\nid: 7\ndata:日本\n\n\rdata: [DONE]\r\r";

    proptest! {
        #[test]
        fn pieces_may_end_anywhere(cuts in prop::collection::vec(0..STREAM.len(), 0..10)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut events = Events::default();
            let mut read = Vec::new();
            for cut in cuts.windows(2) {
                events.feed(&STREAM.as_bytes()[cut[0]..cut[1]], &mut read).unwrap();
            }
            prop_assert_eq!(read, ["{\"a\":\n\"ä\"}", "日本", "[DONE]"]);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut events = Events::default();
            let _ = events.feed(&bytes, &mut Vec::new());
            let _ = events.finish();
        }
    }

    #[test]
    fn an_endless_line_is_refused_early() {
        let mut events = Events::default();
        let piece = vec![b'x'; LONGEST / 2 + 1];
        assert!(events.feed(&piece, &mut Vec::new()).is_ok());
        assert!(events.feed(&piece, &mut Vec::new()).is_err());
    }

    #[test]
    fn half_a_character_at_the_line_end_is_an_error() {
        let (mut events, mut read) = (Events::default(), Vec::new());
        assert!(events.feed(b"data: x\n\ndata: \xc3\n", &mut read).is_err());
        assert_eq!(read, ["x"]);
    }

    #[test]
    fn a_last_event_without_its_empty_line_counts() {
        let mut events = Events::default();
        events.feed(b"data: x", &mut Vec::new()).unwrap();
        assert_eq!(events.finish().unwrap().as_deref(), Some("x"));
    }
}
