//! The text of a document, whatever its bytes are: within bounds, or left out with the reason.

use super::pdf;
use crate::PackError;
use crate::pack::Lore;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most bytes of a text.
pub(crate) const MOST_BYTES: u64 = 8 << 20;
/// The most bytes of a PDF, of which pictures are the most.
const MOST_PDF_BYTES: u64 = 32 << 20;
/// The deepest heading that is told of a passage.
const HEADINGS: usize = 3;

/// Why a document is not in the library. The story plays without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// It is larger than documents may be.
    #[error("{}: the document is left out: it has more than {most} bytes; split it, or keep only what characters shall know", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// How many bytes are read at the most.
        most: u64,
    },
    /// It can't be read.
    #[error("{}: the document is left out: it can't be read: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It is not text.
    #[error("{}: the document is left out: it is no text in UTF-8; save it as UTF-8, without pictures", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
    },
    /// There is nothing in it.
    #[error("{}: the document is left out: there is no text in it; a scanned page has to be read by a program first", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// There is no room for it.
    #[error("{}: the document is left out: a language's library has {most} passages at the most", file.display())]
    Full {
        /// The file.
        file: PathBuf,
        /// How many passages there may be.
        most: usize,
    },
    /// There are too many files.
    #[error("{}: the document is left out: a language's library has {most} documents at the most", file.display())]
    TooMany {
        /// The file.
        file: PathBuf,
        /// How many documents there may be.
        most: usize,
    },
    /// It is no PDF that can be read, or one beyond a bound.
    #[error("{}: the document is left out: {reason}", file.display())]
    Pdf {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, and the bound.
        reason: PdfFault,
    },
    /// Its front matter is wrong.
    #[error("the document is left out: {0}")]
    FrontMatter(Box<PackError>),
}

impl LeftOut {
    /// The file.
    pub fn file(&self) -> &Path {
        match self {
            Self::TooLarge { file, .. }
            | Self::Unreadable { file, .. }
            | Self::NotText { file }
            | Self::Empty { file }
            | Self::Full { file, .. }
            | Self::TooMany { file, .. }
            | Self::Pdf { file, .. } => file,
            Self::FrontMatter(error) => &error.file,
        }
    }
}

/// Why a PDF is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// It can't be understood.
    #[error("it is no PDF that can be understood")]
    Broken,
    /// It is locked by a password.
    #[error("the PDF is encrypted; save it without a password")]
    Encrypted,
    /// It is packed in an old way.
    #[error("the PDF is packed with {0}, which is not read; save it anew")]
    Packed(&'static str),
    /// Unpacked it would be too large.
    #[error("the PDF unpacks to more than {0} bytes")]
    Bomb(u64),
    /// Something in it is packed again and again.
    #[error("the PDF is packed more than {0} times over")]
    Nested(usize),
    /// It has too many pages.
    #[error("the PDF has {0} pages, more than {1}; split it")]
    Pages(usize, usize),
    /// It took too long.
    #[error("the PDF could not be read in {} seconds", .0.as_secs())]
    Slow(Duration),
}

/// What a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Markdown,
    Text,
    Pdf,
}

impl Format {
    pub(super) fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "txt" | "text" => Some(Self::Text),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// How many bytes of a file are read at the most.
pub(crate) fn most_bytes(file: &Path) -> u64 {
    if Format::of(file) == Some(Format::Pdf) { MOST_PDF_BYTES } else { MOST_BYTES }
}

/// A part of a document: what stands under a heading, or on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) heading: String,
    pub(crate) page: Option<u32>,
    pub(crate) text: String,
}

pub(super) fn read(file: &Path, bytes: Vec<u8>) -> Result<(Option<Lore>, Vec<Part>), LeftOut> {
    let most = most_bytes(file);
    if bytes.len() as u64 > most {
        return Err(LeftOut::TooLarge { file: file.into(), most });
    }
    if Format::of(file) == Some(Format::Pdf) || bytes.starts_with(b"%PDF-") {
        let fail = |reason| LeftOut::Pdf { file: file.into(), reason };
        return Ok((None, pdf::read(bytes).map_err(fail)?));
    }
    let text = text(&bytes).ok_or_else(|| LeftOut::NotText { file: file.into() })?;
    let (front, rest) =
        Lore::front(file, &text).map_err(|error| LeftOut::FrontMatter(Box::new(error)))?;
    let rest = text.get(rest..).unwrap_or_default();
    let parts = match Format::of(file) {
        Some(Format::Markdown) => markdown(rest),
        _ => vec![Part { text: rest.to_owned(), ..Part::default() }],
    };
    Ok((front, parts))
}

/// UTF-8, or UTF-16 with its mark. What has many control characters is something else.
fn text(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok()?.to_owned(),
        bytes => std::str::from_utf8(bytes).ok()?.to_owned(),
    };
    let odd = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    (odd * 100 <= text.len()).then_some(text)
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

/// Markdown by its headings. Marks of emphasis and links lose their signs.
fn markdown(text: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    let mut path: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let level = line.chars().take_while(|c| *c == '#').count();
        let title = line.get(level..).unwrap_or_default();
        if !fenced && (1..=6).contains(&level) && title.starts_with([' ', '\t']) {
            path.resize(level - 1, String::new());
            path.push(super::chunk::plain(title.trim_matches(['#', ' ', '\t'])));
            let told = path.iter().filter(|title| !title.is_empty()).take(HEADINGS);
            let heading = told.map(|title| title.chars().take(80).collect::<String>());
            let heading = heading.collect::<Vec<_>>().join(" › ");
            parts.push(Part { heading, ..Part::default() });
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.text.push_str(&line.replace(['*', '`'], ""));
            part.text.push('\n');
        }
    }
    parts.retain(|part| !part.text.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, bytes: &[u8]) -> Result<(Option<Lore>, Vec<Part>), LeftOut> {
        read(Path::new(name), bytes.to_vec())
    }

    #[test]
    fn headings_are_told_and_front_matter_is_read() {
        let source = "---\nknows: tobin\n---\n# Harbour\nA.\n## Tides\n*High* water.\n```\n# no heading\n```\n# Other\nB.\n";
        let (front, parts) = of("a.md", source.as_bytes()).unwrap();
        assert_eq!(front.unwrap().knows, ["tobin"]);
        let told: Vec<_> = parts.iter().map(|part| part.heading.as_str()).collect();
        assert_eq!(told, ["Harbour", "Harbour › Tides", "Other"]);
        assert!(
            parts[1].text.starts_with("High water.\n") && parts[1].text.contains("# no heading")
        );
        let (front, parts) = of("a.txt", "\u{feff}# 不是标题".as_bytes()).unwrap();
        assert!(front.is_none() && parts[0].text == "# 不是标题");
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("潮汐".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(of("a.txt", &utf16).unwrap().1[0].text, "潮汐");
    }

    #[test]
    fn what_is_no_text_is_named_with_its_file_and_bound() {
        let large = vec![b'a'; MOST_BYTES as usize + 1];
        let told = |name: &str, bytes: &[u8]| of(name, bytes).unwrap_err().to_string();
        assert_eq!(
            told("big.txt", &large),
            "big.txt: the document is left out: it has more than 8388608 bytes; split it, or keep only what characters shall know"
        );
        for junk in [&b"\xff\xfea"[..], b"\xb4\xf3\xce\xed", b"\x00\x01\x02\x03text", &[0xff; 40]] {
            assert!(told("junk.txt", junk).contains("no text in UTF-8"), "{junk:?}");
        }
        assert!(told("a.md", b"---\nwho: x\n---\n").contains("front matter has no 'who'"));
    }
}
