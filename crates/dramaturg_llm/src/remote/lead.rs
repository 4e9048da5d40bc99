//! The lead of an answer and its stops, found in text that comes in pieces.

/// Finds one of a closed set of labels, in round brackets, at the start of a text.
#[derive(Debug)]
pub(super) struct LeadReader {
    leads: Vec<String>,
    /// What may still be a lead.
    held: String,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    /// Behind the lead, before the first word.
    Gap,
    Words,
}

impl LeadReader {
    pub(super) fn new(leads: Vec<String>) -> Self {
        let place = if leads.is_empty() { Place::Words } else { Place::Start };
        Self { leads, held: String::new(), place }
    }

    /// Reads on. Yields the lead, once, and the words that are certainly no part of one.
    pub(super) fn feed(&mut self, piece: &str) -> (Option<usize>, String) {
        match self.place {
            Place::Words => (None, piece.to_owned()),
            Place::Gap => (None, self.behind(piece)),
            Place::Start => {
                self.held.push_str(piece);
                self.start()
            }
        }
    }

    /// The text has ended: what was held back was no lead.
    pub(super) fn finish(&mut self) -> String {
        self.place = Place::Words;
        std::mem::take(&mut self.held).trim_start().to_owned()
    }

    fn start(&mut self) -> (Option<usize>, String) {
        let text = self.held.trim_start();
        if text.is_empty() {
            return (None, String::new());
        }
        let inner = text.strip_prefix('(');
        if let Some((label, rest)) = inner.and_then(|inner| inner.split_once(')')) {
            let same = |lead: &String| lead.to_lowercase() == label.trim().to_lowercase();
            if let Some(lead) = self.leads.iter().position(same) {
                let rest = rest.to_owned();
                self.held.clear();
                self.place = Place::Gap;
                return (Some(lead), self.behind(&rest));
            }
        } else if let Some(begun) = inner {
            let begun = begun.trim_start().to_lowercase();
            // Blanks may stand before the closing bracket.
            let begun = begun.trim_end();
            if self.leads.iter().any(|lead| lead.to_lowercase().starts_with(begun)) {
                return (None, String::new());
            }
        }
        (None, self.finish())
    }

    fn behind(&mut self, piece: &str) -> String {
        let words = piece.trim_start();
        if !words.is_empty() {
            self.place = Place::Words;
        }
        words.to_owned()
    }
}

/// Ends a text before any of some strings, whatever the server did with them.
#[derive(Debug)]
pub(super) struct Stops {
    stops: Vec<String>,
    /// The start of a stop, perhaps.
    held: String,
    stopped: bool,
}

impl Stops {
    pub(super) fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self { stops, held: String::new(), stopped: false }
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Reads on. Yields what is certainly before a stop.
    pub(super) fn feed(&mut self, piece: &str) -> String {
        if self.stopped {
            return String::new();
        }
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        if let Some(end) = self.stops.iter().filter_map(|stop| text.find(stop.as_str())).min() {
            self.stopped = true;
            text.truncate(end);
            return text;
        }
        let may_begin = |at: &usize| self.stops.iter().any(|stop| stop.starts_with(&text[*at..]));
        if let Some(at) = text.char_indices().map(|(at, _)| at).find(may_begin) {
            self.held = text.split_off(at);
        }
        text
    }

    /// The text has ended: what was held back was no stop.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&str]) -> (Option<usize>, String) {
        let mut reader = LeadReader::new(vec!["neutral".into(), "glad".into(), "gloomy".into()]);
        let (mut lead, mut words) = (None, String::new());
        for piece in pieces {
            let (found, more) = reader.feed(piece);
            assert!(found.is_none() || (lead.is_none() && words.is_empty()));
            lead = lead.or(found);
            words += &more;
        }
        (lead, words + &reader.finish())
    }

    #[test]
    fn a_lead_is_found_and_removed() {
        assert_eq!(read(&["(glad) Sit ", "down."]), (Some(1), "Sit down.".into()));
        assert_eq!(read(&["\n (", " Glo", "omy )", "\n", " Go."]), (Some(2), "Go.".into()));
        assert_eq!(read(&["(glad)"]), (Some(1), String::new()));
    }

    #[test]
    fn what_is_no_lead_stays() {
        assert_eq!(read(&["Sit (glad) down."]), (None, "Sit (glad) down.".into()));
        assert_eq!(read(&["(whispers) Sit."]), (None, "(whispers) Sit.".into()));
        assert_eq!(read(&["(gl"]), (None, "(gl".into()));
        assert_eq!(read(&["()", "x"]), (None, "()x".into()));
    }

    #[test]
    fn text_is_held_back_only_while_it_may_be_a_lead() {
        let mut reader = LeadReader::new(vec!["glad".into()]);
        assert_eq!(reader.feed("(gl"), (None, String::new()));
        assert_eq!(reader.feed("imp"), (None, "(glimp".into()));
        assert_eq!(LeadReader::new(vec!["glad".into()]).feed("G").1, "G");
    }

    #[test]
    fn a_stop_over_two_pieces_ends_the_text() {
        let mut stops = Stops::new(vec!["\n".into(), "END".into()]);
        assert_eq!(stops.feed("one E"), "one ");
        assert_eq!(stops.feed("very EN"), "Every ");
        assert_eq!(stops.feed("D two"), "");
        assert!(stops.has_stopped());
        assert_eq!(stops.feed("three"), "");
    }

    proptest! {
        #[test]
        fn stops_are_those_of_the_whole_text(text in "[ab ]{0,20}", cuts in prop::collection::vec(0usize..20, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut stops = Stops::new(vec!["ab".into(), "b b".into()]);
            let mut read = String::new();
            for cut in cuts.windows(2) {
                read += &stops.feed(&text[cut[0]..cut[1]]);
            }
            read += &stops.finish();
            let end = ["ab", "b b"].iter().filter_map(|stop| text.find(stop)).min();
            prop_assert_eq!(read, &text[..end.unwrap_or(text.len())]);
        }
    }
}
