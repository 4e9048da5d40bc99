//! Turns token bytes into words: whole characters only, nothing after a stop, no stop shown even in part.

/// The text of one answer while it is generated.
pub(super) struct Words {
    /// Bytes of a character that is not whole yet.
    bytes: Vec<u8>,
    /// Text that may be the beginning of a stop.
    held: String,
    stop: Vec<String>,
    begun: bool,
}

impl Words {
    pub(super) fn new(stop: &[String]) -> Self {
        let stop = stop.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { bytes: Vec::new(), held: String::new(), stop, begun: false }
    }

    /// Takes a token's bytes; returns what can be shown, and whether a stop has come.
    pub(super) fn push(&mut self, piece: &[u8]) -> (String, bool) {
        self.bytes.extend_from_slice(piece);
        let whole = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.bytes.len(),
        };
        self.held.push_str(&String::from_utf8_lossy(&self.bytes[..whole]));
        self.bytes.drain(..whole);
        if !self.begun {
            let trimmed = self.held.trim_start().len();
            self.held.drain(..self.held.len() - trimmed);
        }
        let found = self.stop.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        if let Some(at) = found {
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let mut safe = self.held.len();
        for (at, _) in self.held.char_indices() {
            if self.stop.iter().any(|stop| stop.starts_with(&self.held[at..])) {
                safe = at;
                break;
            }
        }
        let shown: String = self.held.drain(..safe).collect();
        self.begun |= !shown.is_empty();
        (shown, false)
    }

    /// What was held back, at the end of the answer.
    pub(super) fn finish(&mut self) -> String {
        let mut rest = std::mem::take(&mut self.held);
        rest.push_str(&String::from_utf8_lossy(&std::mem::take(&mut self.bytes)));
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stop_across_tokens_is_not_shown_even_in_part() {
        let mut words = Words::new(&["</end>".into()]);
        assert_eq!(words.push(b"Sit. </"), ("Sit. ".into(), false));
        assert_eq!(words.push(b"en"), (String::new(), false));
        assert_eq!(words.push(b"d> more"), (String::new(), true));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_words(text in "[a-c雾é]{0,20}", cuts in prop::collection::vec(0usize..60, 0..6)) {
            let stop = vec!["bc".to_owned()];
            let wanted = text.find("bc").map_or(text.as_str(), |at| &text[..at]).to_owned();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut words = Words::new(&stop);
            let mut got = String::new();
            let mut stopped = false;
            for pair in cuts.windows(2) {
                let (shown, stop) = words.push(&text.as_bytes()[pair[0]..pair[1]]);
                got.push_str(&shown);
                if stop { stopped = true; break; }
            }
            if !stopped { got.push_str(&words.finish()); }
            prop_assert_eq!(got, wanted);
        }
    }
}
