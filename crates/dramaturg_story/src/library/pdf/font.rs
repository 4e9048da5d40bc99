//! What the bytes of a PDF's text mean: by the font's own table, by its encoding, else as Windows-1252.

use super::bounds::Unpacked;
use crate::library::document::PdfFault;
use hayro_cmap::{BfString, CMap};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream};

/// How a font's text is read.
pub(super) struct Font {
    /// From codes to characters, as the file says it.
    unicode: Option<CMap>,
    /// Bytes of a code.
    wide: Wide,
    /// What the encoding says otherwise than Windows-1252.
    names: Vec<(u8, char)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wide {
    /// A byte each.
    Single,
    /// Two bytes each, which mean something by the table only.
    Double,
    /// UTF-16.
    Unicode,
}

/// The largest table that is read.
const TABLE: usize = 1 << 20;

impl Font {
    pub(super) fn of(dict: &Dict, unpacked: &mut Unpacked) -> Result<Self, PdfFault> {
        let unicode = match dict.get::<Stream>("ToUnicode") {
            Some(stream) => {
                let table = unpacked.stream(&stream)?;
                Some(table).filter(|table| table.len() <= TABLE)
            }
            None => None,
        };
        let unicode = unicode.and_then(|table| CMap::parse(&table, |_| None));
        let composite = dict.get::<Name>("Subtype").as_deref() == Some(b"Type0");
        let encoding = dict.get::<Name>("Encoding");
        let encoding = encoding.as_deref().unwrap_or_default();
        let is_unicode = |name: &[u8]| {
            name.starts_with(b"Uni")
                && name.windows(4).any(|part| part == b"UCS2" || part == b"UTF1")
        };
        let wide = match composite {
            true if is_unicode(encoding) => Wide::Unicode,
            true => Wide::Double,
            false => Wide::Single,
        };
        let names = match dict.get::<Dict>("Encoding") {
            Some(encoding) => differences(&encoding),
            None => Vec::new(),
        };
        Ok(Self { unicode, wide, names })
    }

    /// Adds what the bytes say. Codes that nobody knows are left out.
    pub(super) fn read(&self, bytes: &[u8], text: &mut String) {
        match self.wide {
            Wide::Single => bytes.iter().for_each(|byte| {
                if !self.mapped(u32::from(*byte), text) {
                    let named = self.names.iter().rev().find(|(code, _)| code == byte);
                    text.push(named.map_or_else(|| latin(*byte), |(_, c)| *c));
                }
            }),
            Wide::Double | Wide::Unicode => {
                let units = bytes.chunks(2).map(|pair| match pair {
                    [high, low] => u16::from_be_bytes([*high, *low]),
                    _ => 0,
                });
                if self.unicode.is_none() && self.wide == Wide::Unicode {
                    let read = char::decode_utf16(units).map(|c| c.unwrap_or(' '));
                    return text.extend(read);
                }
                for unit in units {
                    self.mapped(u32::from(unit), text);
                }
            }
        }
    }

    fn mapped(&self, code: u32, text: &mut String) -> bool {
        match self.unicode.as_ref().and_then(|table| table.lookup_bf_string(code)) {
            Some(BfString::Char(c)) => text.push(c),
            Some(BfString::String(more)) => text.push_str(&more),
            None => return false,
        }
        true
    }
}

/// `[39 /quotesingle 96 /grave]`: from that code on, these characters.
fn differences(encoding: &Dict) -> Vec<(u8, char)> {
    let mut out = Vec::new();
    let mut code = 0_u32;
    let Some(array) = encoding.get::<Array>("Differences") else { return out };
    for object in array.iter::<Object>().take(1024) {
        match object {
            Object::Number(number) => code = number.as_f32().max(0.0) as u32,
            Object::Name(name) => {
                if let (Ok(byte), Some(c)) = (u8::try_from(code), named(&name)) {
                    out.push((byte, c));
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    out
}

/// The characters with names that texts have beside letters and digits, which are their own names.
fn named(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    let known = [
        ("space", ' '),
        ("exclam", '!'),
        ("quotedbl", '"'),
        ("numbersign", '#'),
        ("percent", '%'),
        ("ampersand", '&'),
        ("quotesingle", '\''),
        ("parenleft", '('),
        ("parenright", ')'),
        ("asterisk", '*'),
        ("plus", '+'),
        ("comma", ','),
        ("hyphen", '-'),
        ("period", '.'),
        ("slash", '/'),
        ("zero", '0'),
        ("one", '1'),
        ("two", '2'),
        ("three", '3'),
        ("four", '4'),
        ("five", '5'),
        ("six", '6'),
        ("seven", '7'),
        ("eight", '8'),
        ("nine", '9'),
        ("colon", ':'),
        ("semicolon", ';'),
        ("less", '<'),
        ("equal", '='),
        ("greater", '>'),
        ("question", '?'),
        ("at", '@'),
        ("bracketleft", '['),
        ("bracketright", ']'),
        ("underscore", '_'),
        ("grave", '`'),
        ("quoteleft", '‘'),
        ("quoteright", '’'),
        ("quotedblleft", '“'),
        ("quotedblright", '”'),
        ("endash", '–'),
        ("emdash", '—'),
        ("ellipsis", '…'),
        ("bullet", '•'),
        ("minus", '−'),
        ("fi", 'ﬁ'),
        ("fl", 'ﬂ'),
        ("ff", 'ﬀ'),
        ("ffi", 'ﬃ'),
        ("ffl", 'ﬄ'),
        ("germandbls", 'ß'),
        ("adieresis", 'ä'),
        ("odieresis", 'ö'),
        ("udieresis", 'ü'),
        ("eacute", 'é'),
        ("egrave", 'è'),
        ("agrave", 'à'),
        ("ccedilla", 'ç'),
        ("ntilde", 'ñ'),
        ("degree", '°'),
    ];
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => Some(only),
        _ => match known.iter().find(|(known, _)| *known == name) {
            Some((_, c)) => Some(*c),
            // `uni6F6E` is the character of that number.
            None => {
                char::from_u32(u32::from_str_radix(name.strip_prefix("uni")?.get(..4)?, 16).ok()?)
            }
        },
    }
}

/// Windows-1252.
pub(super) fn latin(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x85 => '…',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x95 => '•',
        0x96 => '–',
        0x97 => '—',
        0x80..=0x9f | ..=0x1f => ' ',
        byte => char::from(byte),
    }
}
