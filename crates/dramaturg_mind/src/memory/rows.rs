//! A memory as rows of bytes, one for each line, to be kept beside the journal: what they hold need not be read or
//! embedded again.

use super::date::{Day, Span};
use super::dense::quantise;
use super::index::Doc;
use super::lexical::Added;
use super::{Memory, PersonalFact, Remembered, item, personal_facts};
use crate::Emotion;

/// The shape of the rows; another one is not read but made anew.
const SHAPE: u8 = 1;

/// A row that is not of this shape: the memory is to be made from the journal again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {0} of a character's memory can't be read; it is made anew from the journal")]
pub struct RowError(pub usize);

impl Memory {
    /// Adds a line, with its vector where there is one, and returns its row.
    pub fn add_row(&mut self, line: Remembered, vector: Option<&[f32]>) -> Vec<u8> {
        let vector = vector.map(quantise);
        let added = self.index.insert_read(&item(&line), vector.as_deref());
        let number = self.lines.len() as u32;
        for (kind, value) in personal_facts(&line.text) {
            self.facts.learn(PersonalFact::new(&line, kind, value, number));
        }
        let mut row = Row(vec![SHAPE]);
        row.number(line.turn);
        row.text(&line.speaker);
        row.text(&line.text);
        row.0.push(Emotion::ALL.iter().position(|e| *e == line.emotion).unwrap_or_default() as u8);
        row.number(line.day.0 as u32);
        row.text(&line.place);
        if let Some(doc) = self.index.doc(number) {
            let about = doc.about.unwrap_or(Span { from: Day(i32::MAX), until: Day(i32::MIN) });
            row.number(about.from.0 as u32);
            row.number(about.until.0 as u32);
            row.0.push(u8::from(doc.asks));
            row.number(u32::from(doc.words));
            row.0.push(doc.importance);
        }
        row.number(added.counts.len() as u32);
        for (term, count) in &added.counts {
            row.number(*term);
            row.number(u32::from(*count));
        }
        row.number(added.new.len() as u32);
        added.new.iter().for_each(|word| row.text(word));
        let vector = vector.unwrap_or_default();
        row.number(vector.len() as u32);
        row.0.extend(vector.iter().map(|x| *x as u8));
        self.lines.push(line);
        row.0
    }

    /// A memory from its rows, in their order.
    ///
    /// # Errors
    /// The first row that can't be read.
    pub fn from_rows<'r>(rows: impl IntoIterator<Item = &'r [u8]>) -> Result<Self, RowError> {
        let mut memory = Self::default();
        rows.into_iter().try_for_each(|row| memory.load_row(row))?;
        Ok(memory)
    }

    /// Adds what a row holds.
    ///
    /// # Errors
    /// When it can't be read; the memory is then to be thrown away.
    pub fn load_row(&mut self, row: &[u8]) -> Result<(), RowError> {
        let at = self.lines.len();
        self.read_row(&mut Bytes(row)).ok_or(RowError(at))
    }

    fn read_row(&mut self, row: &mut Bytes) -> Option<()> {
        if row.byte()? != SHAPE {
            return None;
        }
        let line = Remembered {
            turn: row.number()?,
            speaker: row.text()?.to_owned(),
            text: row.text()?.to_owned(),
            emotion: *Emotion::ALL.get(usize::from(row.byte()?))?,
            day: Day(row.number()? as i32),
            place: row.text()?.to_owned(),
            // Not kept: how much it matters stands in the row as a whole, through whom it came in the journal.
            stirred: 0,
            through: Vec::new(),
        };
        let (from, until) = (Day(row.number()? as i32), Day(row.number()? as i32));
        let doc = Doc {
            speaker: self.index.speaker(&line.speaker),
            thread: 0,
            day: line.day,
            about: (from <= until).then_some(Span { from, until }),
            asks: row.byte()? != 0,
            words: row.number()? as u16,
            importance: row.byte()?,
        };
        let mut added = Added::default();
        for _ in 0..row.number()? {
            added.counts.push((row.number()?, row.number()? as u16));
        }
        for _ in 0..row.number()? {
            added.new.push(row.text()?.into());
        }
        let length = row.number()? as usize;
        let vector: Vec<i8> = row.take(length)?.iter().map(|byte| *byte as i8).collect();
        let vector = Some(vector.as_slice()).filter(|vector| !vector.is_empty());
        let importance = doc.importance;
        self.index.insert_known(doc, vector, &added);
        // What tells of a person is more important than other lines: only there are facts to be read.
        if importance >= 5 {
            let number = self.lines.len() as u32;
            for (kind, value) in personal_facts(&line.text) {
                self.facts.learn(PersonalFact::new(&line, kind, value, number));
            }
        }
        self.lines.push(line);
        Some(())
    }
}

struct Row(Vec<u8>);

impl Row {
    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut n: u32) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }
    fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.0.extend(text.as_bytes());
    }
}

struct Bytes<'r>(&'r [u8]);

impl<'r> Bytes<'r> {
    fn take(&mut self, count: usize) -> Option<&'r [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }
    fn number(&mut self) -> Option<u32> {
        let mut n = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            n |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }
    fn text(&mut self) -> Option<&'r str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }
}
