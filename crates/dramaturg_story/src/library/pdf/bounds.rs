//! What a PDF would unpack to, found out without unpacking it.

use super::LONGEST;
use crate::library::document::PdfFault;
use flate2::read::ZlibDecoder;
use hayro_syntax::Filter;
use hayro_syntax::object::Stream;
use std::io::Read;
use std::time::Instant;

/// The most bytes that one stream may unpack to, and all of a file's streams together.
const STREAM: u64 = 32 << 20;
const ALL: u64 = 192 << 20;
/// How often a stream may be packed.
const LAYERS: usize = 3;
/// Ways of packing that are not read: what they unpack to is not measured either.
const UNREAD: [(&str, &str); 4] = [
    ("/LZW", "LZW"),
    ("/RunLengthDecode", "run lengths"),
    ("/ASCII85Decode", "ASCII85"),
    ("/ASCIIHexDecode", "hexadecimal digits"),
];
/// Their short names, which only stand for them after the word 'Filter'.
const SHORT: [(&str, &str); 3] =
    [("/RL", "run lengths"), ("/A85", "ASCII85"), ("/AHx", "hexadecimal digits")];

/// Refuses a file that would take more than the bounds, were it read. Goes by its bytes alone, whatever they claim to be: what looks
/// packed is measured, also where nothing refers to it.
pub(super) fn check(bytes: &[u8], until: Instant) -> Result<(), PdfFault> {
    if find(bytes.get(..1024).unwrap_or(bytes), b"%PDF-").is_none() {
        return Err(PdfFault::Broken);
    }
    is_packed_readably(bytes)?;
    let (mut at, mut all) = (0, 0);
    while let Some(found) = find(&bytes[at..], b"stream") {
        at += found + b"stream".len();
        if Instant::now() > until {
            return Err(PdfFault::Slow(LONGEST));
        }
        let rest = &bytes[at..];
        let data = match rest {
            [b'\r', b'\n', data @ ..] | [b'\r' | b'\n', data @ ..] => data,
            _ => continue,
        };
        all += measured(data)?;
        if all > ALL {
            return Err(PdfFault::Bomb(ALL));
        }
    }
    Ok(())
}

/// How much a stream unpacks to, layer by layer.
fn measured(data: &[u8]) -> Result<u64, PdfFault> {
    let mut all = 0;
    let mut layer = Vec::new();
    for depth in 0..=LAYERS {
        let packed = if depth == 0 { data } else { &layer };
        if !looks_packed(packed) {
            return Ok(all);
        }
        if depth == LAYERS {
            return Err(PdfFault::Nested(LAYERS));
        }
        let mut unpacked = Vec::new();
        // A stream that is damaged further on has unpacked to something before.
        let _ = ZlibDecoder::new(packed).take(STREAM + 1).read_to_end(&mut unpacked);
        if unpacked.len() as u64 > STREAM {
            return Err(PdfFault::Bomb(STREAM));
        }
        all += unpacked.len() as u64;
        layer = unpacked;
    }
    Ok(all)
}

/// The first two bytes of zlib's format.
fn looks_packed(data: &[u8]) -> bool {
    matches!(data, [first, second, ..] if first & 0x0f == 8 && first >> 4 <= 7
        && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

/// Names of filters, also where characters of them are written as numbers.
fn is_packed_readably(bytes: &[u8]) -> Result<(), PdfFault> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'#');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                rest = &after[2..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    for (name, told) in UNREAD {
        if find(&plain, name.as_bytes()).is_some() {
            return Err(PdfFault::Packed(told));
        }
    }
    for (name, told) in SHORT {
        let mut at = 0;
        while let Some(found) = find(&plain[at..], name.as_bytes()) {
            let place = at + found;
            at = place + name.len();
            let whole = plain.get(at).is_none_or(|next| b" \t\r\n\0\x0c/[]<>()".contains(next));
            let before = &plain[place.saturating_sub(128)..place];
            if whole && find(before, b"Filter").is_some() {
                return Err(PdfFault::Packed(told));
            }
        }
    }
    Ok(())
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let first = *word.first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(word) {
            return Some(at);
        }
        at += 1;
    }
}

/// Unpacks streams, and counts.
pub(super) struct Unpacked {
    all: u64,
    until: Instant,
}

impl Unpacked {
    pub(super) fn new(until: Instant) -> Self {
        Self { all: 0, until }
    }

    /// A stream's bytes; nothing of a picture.
    pub(super) fn stream(&mut self, stream: &Stream) -> Result<Vec<u8>, PdfFault> {
        if Instant::now() > self.until {
            return Err(PdfFault::Slow(LONGEST));
        }
        let mut data = stream.raw_data().into_owned();
        let filters = stream.filters();
        if filters.len() > LAYERS {
            return Err(PdfFault::Nested(LAYERS));
        }
        for filter in &filters {
            match filter {
                Filter::FlateDecode => {
                    let mut unpacked = Vec::new();
                    let _ = ZlibDecoder::new(&data[..]).take(STREAM + 1).read_to_end(&mut unpacked);
                    data = unpacked;
                }
                Filter::Crypt => {}
                _ => return Ok(Vec::new()),
            }
            self.all += data.len() as u64;
            if data.len() as u64 > STREAM || self.all > ALL {
                return Err(PdfFault::Bomb(STREAM.min(ALL)));
            }
        }
        Ok(data)
    }
}
