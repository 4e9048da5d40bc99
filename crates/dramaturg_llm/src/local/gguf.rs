//! The header of a GGUF file: what a model or an adapter says of itself, and the shapes of its tensors. Nothing is loaded.
//!
//! The file comes from anywhere. What it says of its own lengths is believed only as far as it has bytes, and no number
//! in it decides how much memory is taken. The format: ggml's docs/gguf.md.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes of a header at the most. Vocabularies of 250,000 words stand in it and take some 10 MB.
const MOST_BYTES: u64 = 256 << 20;
const MOST_VALUES: u64 = 1 << 16;
const MOST_TENSORS: u64 = 1 << 18;
/// Of a key, by the format.
const KEY_BYTES: u64 = (1 << 16) - 1;
/// Of a tensor's name, by llama.cpp.
const NAME_BYTES: u64 = 64;
/// Longer texts (chat templates) and arrays (vocabularies) are skipped: nobody asks for them here.
const KEPT_BYTES: u64 = 256;
const KEPT_NUMBERS: u64 = 4096;

/// Why a header can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it begins with {0:02x?}, not with GGUF")]
    NotGguf(Vec<u8>),
    #[error("it is of version {0} of the GGUF format, 2 and 3 can be read")]
    Version(u32),
    #[error("its header is cut short")]
    CutShort,
    #[error("its header makes no sense: {0}")]
    Senseless(&'static str),
}

use HeaderError::{CutShort, Senseless};

/// A value of the header.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A whole number, not negative.
    Number(u64),
    /// A number of another kind.
    Float(f64),
    Text(String),
    /// An array of whole numbers.
    Numbers(Vec<u64>),
    /// Something that was skipped.
    Other,
}

/// What a file says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    values: BTreeMap<String, Value>,
    /// The dimensions of each tensor, the fastest first, filled up with 1.
    pub(super) tensors: BTreeMap<String, [u64; 4]>,
    /// Bytes of the file beyond the header: those of the tensors.
    pub(super) data_bytes: u64,
}

impl Header {
    pub(super) fn read(path: &Path) -> Result<Self, HeaderError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Self::parse(BufReader::with_capacity(1 << 16, file), length)
    }

    /// Reads the header of a file that has `length` bytes.
    pub(super) fn parse(source: impl Read, length: u64) -> Result<Self, HeaderError> {
        let left = length.min(MOST_BYTES);
        let mut reader = Reader { source, at: 0, end: left };
        reader.magic()?;
        let version = reader.u32()?;
        if !(2..=3).contains(&version) {
            return Err(HeaderError::Version(version));
        }
        let (tensors, values) = (reader.u64()?, reader.u64()?);
        if tensors > MOST_TENSORS || values > MOST_VALUES {
            return Err(Senseless("there are too many tensors or values"));
        }
        let mut header = Self::default();
        for _ in 0..values {
            let key = reader.text(KEY_BYTES)?.ok_or(Senseless("a key is too long"))?;
            let kind = reader.u32()?;
            let value = reader.value(kind)?;
            if header.values.insert(key, value).is_some() {
                return Err(Senseless("a key stands there twice"));
            }
        }
        for _ in 0..tensors {
            let name = reader.text(NAME_BYTES)?.ok_or(Senseless("a name is too long"))?;
            let count = reader.u32()? as usize;
            let mut shape = [1; 4];
            for side in shape.get_mut(..count).ok_or(Senseless("a tensor has many dimensions"))? {
                *side = reader.u64()?;
            }
            // Its type and its place in the data.
            reader.skip(4 + 8)?;
            if header.tensors.insert(name, shape).is_some() {
                return Err(Senseless("a tensor stands there twice"));
            }
        }
        let alignment = header.number("general.alignment").unwrap_or(32);
        if !alignment.is_power_of_two() {
            return Err(Senseless("the alignment is no power of two"));
        }
        let start = reader.at.checked_next_multiple_of(alignment).ok_or(CutShort)?;
        header.data_bytes = match length.checked_sub(start) {
            Some(bytes) => bytes,
            None if header.tensors.is_empty() => 0,
            None => return Err(CutShort),
        };
        Ok(header)
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The architecture, by which the model's own keys begin.
    pub(super) fn architecture(&self) -> &str {
        self.text("general.architecture").unwrap_or_default()
    }
}

struct Reader<R> {
    source: R,
    at: u64,
    /// Where the bytes end that may be read.
    end: u64,
}

impl<R: Read> Reader<R> {
    fn take(&mut self, bytes: u64) -> Result<(), HeaderError> {
        if bytes > self.end - self.at {
            return Err(CutShort);
        }
        self.at += bytes;
        Ok(())
    }

    fn magic(&mut self) -> Result<(), HeaderError> {
        let mut found = Vec::new();
        self.source.by_ref().take(4).read_to_end(&mut found)?;
        if found != b"GGUF" {
            return Err(HeaderError::NotGguf(found));
        }
        self.take(4)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        match self.source.read_exact(&mut bytes) {
            // Somebody has made the file shorter meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(CutShort),
            read => read.map(|()| bytes).map_err(HeaderError::Io),
        }
    }

    fn u32(&mut self) -> Result<u32, HeaderError> {
        self.bytes().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Result<u64, HeaderError> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), HeaderError> {
        self.take(bytes)?;
        let skipped = std::io::copy(&mut self.source.by_ref().take(bytes), &mut std::io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(CutShort) }
    }

    /// A text of at most so many bytes; none, and skipped, where it is longer.
    fn text(&mut self, most: u64) -> Result<Option<String>, HeaderError> {
        let length = self.u64()?;
        if length > most {
            return self.skip(length).map(|()| None);
        }
        self.take(length)?;
        let mut text = Vec::new();
        if self.source.by_ref().take(length).read_to_end(&mut text)? as u64 != length {
            return Err(CutShort);
        }
        Ok(Some(String::from_utf8_lossy(&text).into_owned()))
    }

    fn value(&mut self, kind: u32) -> Result<Value, HeaderError> {
        let whole =
            |number: i64| u64::try_from(number).map_or(Value::Float(number as f64), Value::Number);
        Ok(match kind {
            0 => Value::Number(self.bytes::<1>()?[0].into()),
            1 => whole(i8::from_le_bytes(self.bytes()?).into()),
            2 => Value::Number(u16::from_le_bytes(self.bytes()?).into()),
            3 => whole(i16::from_le_bytes(self.bytes()?).into()),
            4 => Value::Number(self.u32()?.into()),
            5 => whole(i32::from_le_bytes(self.bytes()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.bytes()?).into()),
            // True or false.
            7 => self.skip(1).map(|()| Value::Other)?,
            8 => self.text(KEPT_BYTES)?.map_or(Value::Other, Value::Text),
            9 => self.array()?,
            10 => Value::Number(self.u64()?),
            11 => whole(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(Senseless("a value is of an unknown type")),
        })
    }

    fn array(&mut self) -> Result<Value, HeaderError> {
        let (kind, count) = (self.u32()?, self.u64()?);
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..count {
                    let length = self.u64()?;
                    self.skip(length)?;
                }
                return Ok(Value::Other);
            }
            _ => return Err(Senseless("an array is of an unknown type")),
        };
        if matches!(kind, 6 | 7 | 12) || count > KEPT_NUMBERS {
            self.skip(count.checked_mul(size).ok_or(CutShort)?)?;
            return Ok(Value::Other);
        }
        let mut numbers = Vec::new();
        for _ in 0..count {
            match self.value(kind)? {
                Value::Number(number) => numbers.push(number),
                // A negative one stands for 'none'.
                _ => numbers.push(0),
            }
        }
        Ok(Value::Numbers(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::Gguf;
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Result<Header, HeaderError> {
        Header::parse(bytes, bytes.len() as u64)
    }

    fn whole() -> Vec<u8> {
        Gguf::default()
            .text("general.architecture", "llama")
            .number("llama.block_count", 30)
            .float("adapter.lora.alpha", 16.0)
            .numbers("llama.attention.head_count_kv", &[3, 0, 3])
            .texts("tokenizer.ggml.tokens", &["a", "", "longer"])
            .text("tokenizer.chat_template", &"{}".repeat(1000))
            .tensor("blk.0.attn_q.weight", [8, 4], &[0.0; 32])
            .bytes()
    }

    #[test]
    fn a_header_says_what_was_written() {
        let header = parse(&whole()).unwrap();
        assert_eq!(header.architecture(), "llama");
        assert_eq!(header.number("llama.block_count"), Some(30));
        assert_eq!(header.value("adapter.lora.alpha"), Some(&Value::Float(16.0)));
        let heads = Value::Numbers(vec![3, 0, 3]);
        assert_eq!(header.value("llama.attention.head_count_kv"), Some(&heads));
        assert_eq!(header.value("tokenizer.ggml.tokens"), Some(&Value::Other));
        assert_eq!(header.value("tokenizer.chat_template"), Some(&Value::Other));
        assert_eq!(header.tensors["blk.0.attn_q.weight"], [8, 4, 1, 1]);
        assert_eq!(header.data_bytes, 32 * 4);
    }

    #[test]
    fn lies_about_lengths_are_found_out_without_taking_memory() {
        let most = u64::MAX.to_le_bytes();
        let begin = b"GGUF\x03\0\0\0".to_vec();
        let one_value = |kind: u32, rest: &[&[u8]]| {
            let key = [&1u64.to_le_bytes()[..], b"k", &kind.to_le_bytes()].concat();
            [&begin, &0u64.to_le_bytes()[..], &1u64.to_le_bytes(), &key, &rest.concat()].concat()
        };
        for (what, bytes) in [
            ("counts", [&begin[..], &most, &most].concat()),
            ("a text", one_value(8, &[&most])),
            ("an array of texts", one_value(9, &[&8u32.to_le_bytes(), &most])),
            ("an array of numbers", one_value(9, &[&10u32.to_le_bytes(), &most])),
            ("an array of arrays", one_value(9, &[&9u32.to_le_bytes(), &most])),
            ("an unknown type", one_value(99, &[])),
            ("version 1", b"GGUF\x01\0\0\0".to_vec()),
            ("another byte order", b"GGUF\0\0\0\x03".to_vec()),
        ] {
            assert!(parse(&bytes).is_err(), "{what}");
        }
        // A file with a hole in it is as long as it likes.
        let endless = one_value(9, &[&8u32.to_le_bytes(), &most]);
        let source = endless.chain(std::io::repeat(0));
        assert!(matches!(Header::parse(source, 1 << 50), Err(CutShort)));
        assert!(matches!(parse(b"PK"), Err(HeaderError::NotGguf(found)) if found == b"PK"));
    }

    #[test]
    fn every_cut_is_an_error() {
        let whole = whole();
        let data = 32 * 4;
        for length in 0..whole.len() - data {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
        assert_eq!(parse(&whole[..whole.len() - data]).unwrap().data_bytes, 0);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..200),
            mutate in any::<bool>(),
        ) {
            let mut bytes = whole();
            if mutate {
                for (at, byte) in changes {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            } else {
                bytes.truncate(8);
                bytes.extend(noise);
            }
            if let Ok(header) = parse(&bytes) {
                prop_assert!(header.data_bytes < bytes.len() as u64);
            }
        }
    }
}
