//! The text of a PDF, page by page, within bounds of size, depth, pages and time.
//!
//! `hayro-syntax` reads the file's structure, `hayro-cmap` what its characters mean; neither can be told how much to unpack. So
//! what a file would unpack to is measured first (`bounds`), the rest is unpacked here by hand, and all of it happens on a thread of
//! its own, where a panic is an error like another.

mod bounds;
mod font;

use super::document::{Part, PdfFault};
use font::Font;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Array, Dict, Object, Stream};
use hayro_syntax::page::{Page, Resources};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use std::collections::HashMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The most pages.
const PAGES: usize = 1500;
/// The longest time that a file may take.
const LONGEST: Duration = Duration::from_secs(20);
/// Room for what is nested; what is nested deeper is refused before.
const STACK: usize = 16 << 20;
/// The most bytes of text of a page and of a file.
const PAGE_TEXT: usize = 64 << 10;
const ALL_TEXT: usize = 8 << 20;
/// How deep pictures with text in them may stand in each other.
const FORMS: usize = 4;
/// The most steps of one page.
const STEPS: usize = 2_000_000;

/// The pages of a PDF that have text.
pub(super) fn read(bytes: Vec<u8>) -> Result<Vec<Part>, PdfFault> {
    let until = Instant::now() + LONGEST;
    let (done, told) = mpsc::channel();
    let started = std::thread::Builder::new()
        .name("dramaturg-pdf".into())
        .stack_size(STACK)
        .spawn(move || drop(done.send(pages(bytes, until))));
    if started.is_err() {
        return Err(PdfFault::Broken);
    }
    // A little more than it gives itself: then it is in somebody else's loop, and is left alone.
    match told.recv_timeout(LONGEST + Duration::from_secs(2)) {
        Ok(read) => read,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(PdfFault::Slow(LONGEST)),
        // It panicked.
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(PdfFault::Broken),
    }
}

fn pages(bytes: Vec<u8>, until: Instant) -> Result<Vec<Part>, PdfFault> {
    bounds::check(&bytes, until)?;
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => PdfFault::Encrypted,
        _ => PdfFault::Broken,
    })?;
    let pages = pdf.pages();
    if pages.len() > PAGES {
        return Err(PdfFault::Pages(pages.len(), PAGES));
    }
    let (mut parts, mut all) = (Vec::new(), 0);
    let mut unpacked = bounds::Unpacked::new(until);
    for (number, page) in (1..).zip(pages.iter()) {
        let mut reader =
            PageReader { text: String::new(), unpacked: &mut unpacked, steps: 0, until };
        reader.page(page)?;
        let text = reader.text;
        all += text.len();
        if all > ALL_TEXT {
            return Err(PdfFault::Bomb(ALL_TEXT as u64));
        }
        if !text.trim().is_empty() {
            parts.push(Part { page: Some(number), text, ..Part::default() });
        }
    }
    Ok(parts)
}

struct PageReader<'u> {
    text: String,
    unpacked: &'u mut bounds::Unpacked,
    steps: usize,
    until: Instant,
}

impl PageReader<'_> {
    fn page(&mut self, page: &Page) -> Result<(), PdfFault> {
        let dict = page.raw();
        let streams: Vec<Stream> = match dict.get::<Object>("Contents") {
            Some(Object::Stream(stream)) => vec![stream],
            Some(Object::Array(array)) => array.iter::<Stream>().collect(),
            _ => Vec::new(),
        };
        let mut content = Vec::new();
        for stream in &streams {
            content.extend(self.unpacked.stream(stream)?);
            content.push(b' ');
        }
        self.content(&content, page.resources(), 0)
    }

    /// What a page or a form shows, in the order in which it is written down.
    fn content(
        &mut self,
        content: &[u8],
        resources: &Resources,
        depth: usize,
    ) -> Result<(), PdfFault> {
        let mut fonts: HashMap<Vec<u8>, Font> = HashMap::new();
        let mut font: Option<Vec<u8>> = None;
        let mut line = Line::default();
        let mut steps = TypedIter::new(content);
        while let Some(step) = steps.next() {
            self.steps += 1;
            if self.steps > STEPS
                || (self.steps.is_multiple_of(1024) && Instant::now() > self.until)
            {
                return Err(PdfFault::Slow(LONGEST));
            }
            if self.text.len() > PAGE_TEXT {
                return Ok(());
            }
            let known = font.as_ref().and_then(|name| fonts.get(name));
            match step {
                TypedInstruction::TextFont(set) => {
                    let name: &[u8] = set.0;
                    if !fonts.contains_key(name) {
                        let dict = resources.get_font(set.0).unwrap_or_else(Dict::empty);
                        fonts.insert(name.to_vec(), Font::of(&dict, self.unpacked)?);
                    }
                    line.size = set.1.as_f32().abs();
                    font = Some(name.to_vec());
                }
                TypedInstruction::BeginText(_) => line.at = (0.0, 0.0),
                TypedInstruction::NextLine(by) => {
                    line.moves(by.0.as_f32(), by.1.as_f32(), &mut self.text)
                }
                TypedInstruction::NextLineAndSetLeading(by) => {
                    line.moves(by.0.as_f32(), by.1.as_f32(), &mut self.text);
                }
                TypedInstruction::SetTextMatrix(to) => {
                    line.scale = to.3.as_f32().abs();
                    line.goes(to.4.as_f32(), to.5.as_f32(), &mut self.text);
                }
                TypedInstruction::NextLineUsingLeading(_) => line.ends(&mut self.text),
                TypedInstruction::ShowText(show) => self.show(show.0.as_bytes(), known),
                TypedInstruction::NextLineAndShowText(show) => {
                    line.ends(&mut self.text);
                    self.show(show.0.as_bytes(), known);
                }
                TypedInstruction::ShowTextWithParameters(show) => {
                    line.ends(&mut self.text);
                    self.show(show.2.as_bytes(), known);
                }
                TypedInstruction::ShowTexts(show) => self.shows(show.0, known),
                TypedInstruction::XObject(object) if depth < FORMS => {
                    let Some(form) = resources.get_x_object(object.0) else { continue };
                    let kind = form.dict().get::<hayro_syntax::object::Name>("Subtype");
                    if kind.as_deref() == Some(b"Form") {
                        let own = form.dict().get::<Dict>("Resources").map(Resources::new);
                        let inner = self.unpacked.stream(&form)?;
                        self.content(&inner, own.as_ref().unwrap_or(resources), depth + 1)?;
                    }
                }
                _ => {}
            }
        }
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        Ok(())
    }

    fn show(&mut self, bytes: &[u8], font: Option<&Font>) {
        match font {
            Some(font) => font.read(bytes, &mut self.text),
            None => self.text.extend(bytes.iter().map(|byte| font::latin(*byte))),
        }
    }

    /// Pieces with gaps between: a wide one is a space.
    fn shows(&mut self, pieces: &Array, font: Option<&Font>) {
        for piece in pieces.iter::<Object>() {
            match piece {
                Object::String(text) => self.show(text.as_bytes(), font),
                // Thousandths of the font's size, to the left.
                Object::Number(gap)
                    if gap.as_f32() < -170.0 && !self.text.ends_with([' ', '\n']) =>
                {
                    self.text.push(' ');
                }
                _ => {}
            }
        }
    }
}

/// Where the text stands, as far as lines and paragraphs go by it.
#[derive(Default)]
struct Line {
    at: (f32, f32),
    /// The font's size, and how much the page enlarges it.
    size: f32,
    scale: f32,
}

impl Line {
    fn moves(&mut self, x: f32, y: f32, text: &mut String) {
        let scale = if self.scale > 0.0 { self.scale } else { 1.0 };
        let (x, y) = (self.at.0 + x * scale, self.at.1 + y * scale);
        self.goes(x, y, text);
    }
    /// Another height is another line; a large step is another paragraph.
    fn goes(&mut self, x: f32, y: f32, text: &mut String) {
        let height = (self.size * if self.scale > 0.0 { self.scale } else { 1.0 }).max(1.0);
        let down = (self.at.1 - y).abs();
        if down > height * 0.4 {
            self.ends(text);
            if down > height * 1.9 && text.ends_with('\n') && !text.ends_with("\n\n") {
                text.push('\n');
            }
        } else if x > self.at.0 + height * 0.2 && text.ends_with(|c: char| c.is_ascii_graphic()) {
            text.push(' ');
        }
        self.at = (x, y);
    }
    fn ends(&mut self, text: &mut String) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests;
