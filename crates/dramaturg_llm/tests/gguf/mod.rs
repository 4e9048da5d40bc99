//! Writes GGUF files, for tests that need one of their own. The format: ggml's docs/gguf.md.
#![allow(dead_code, reason = "each test uses its part")]

/// A GGUF file in the making.
#[derive(Clone, Default)]
pub struct Gguf {
    values: Vec<u8>,
    value_count: u64,
    tensors: Vec<(String, [u64; 2], Vec<u8>)>,
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

impl Gguf {
    fn value(mut self, key: &str, kind: u32, bytes: &[u8]) -> Self {
        text(&mut self.values, key);
        self.values.extend(kind.to_le_bytes());
        self.values.extend(bytes);
        self.value_count += 1;
        self
    }

    pub fn number(self, key: &str, number: u32) -> Self {
        self.value(key, 4, &number.to_le_bytes())
    }
    pub fn float(self, key: &str, number: f32) -> Self {
        self.value(key, 6, &number.to_le_bytes())
    }
    pub fn text(self, key: &str, value: &str) -> Self {
        let mut bytes = Vec::new();
        text(&mut bytes, value);
        self.value(key, 8, &bytes)
    }
    pub fn numbers(self, key: &str, numbers: &[u32]) -> Self {
        let mut bytes = 4u32.to_le_bytes().to_vec();
        bytes.extend((numbers.len() as u64).to_le_bytes());
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        self.value(key, 9, &bytes)
    }
    pub fn texts(self, key: &str, texts: &[&str]) -> Self {
        let mut bytes = 8u32.to_le_bytes().to_vec();
        bytes.extend((texts.len() as u64).to_le_bytes());
        texts.iter().for_each(|one| text(&mut bytes, one));
        self.value(key, 9, &bytes)
    }
    /// Of 32-bit floats; the side along which they stand one after another comes first.
    pub fn tensor(mut self, name: &str, sides: [u64; 2], numbers: &[f32]) -> Self {
        assert_eq!(sides[0] * sides[1], numbers.len() as u64);
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.tensors.push((name.to_owned(), sides, bytes));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend(self.value_count.to_le_bytes());
        out.extend(&self.values);
        let mut data = Vec::new();
        for (name, sides, bytes) in &self.tensors {
            text(&mut out, name);
            out.extend(2u32.to_le_bytes());
            sides.iter().for_each(|side| out.extend(side.to_le_bytes()));
            out.extend(0u32.to_le_bytes());
            out.extend((data.len() as u64).to_le_bytes());
            data.extend(bytes);
            data.resize(data.len().next_multiple_of(32), 0);
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend(data);
        out
    }
}
