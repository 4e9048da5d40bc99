//! Cards in pictures: the PNG text chunks `ccv3` and `chara`, in Base64.

use super::{LONGEST, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use std::io::Read;

const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";
/// More parts than any picture has.
const MOST_CHUNKS: usize = 100_000;

struct Chunk<'b> {
    kind: [u8; 4],
    data: &'b [u8],
}

fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, String> {
    let mut rest = bytes.strip_prefix(HEAD).ok_or("it is no PNG")?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let cut = || "the picture is cut short".to_owned();
        let (head, after) = rest.split_at_checked(8).ok_or_else(cut)?;
        let (size, kind) = head.split_at(4);
        let size = u32::from_be_bytes(size.try_into().map_err(|_| cut())?) as usize;
        let kind: [u8; 4] = kind.try_into().map_err(|_| cut())?;
        let (data, after) = after.split_at_checked(size).ok_or_else(|| {
            format!("a part says that it has {size} bytes, and the file is over before")
        })?;
        let (sum, after) = after.split_at_checked(4).ok_or_else(cut)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&kind);
        hasher.update(data);
        if hasher.finalize().to_be_bytes() != sum {
            return Err("a part of the picture is damaged".into());
        }
        chunks.push(Chunk { kind, data });
        if kind == *b"IEND" {
            return Ok(chunks);
        }
        if chunks.len() > MOST_CHUNKS {
            return Err(format!("it has more than {MOST_CHUNKS} parts"));
        }
        rest = after;
    }
    Err("the picture is cut short".into())
}

/// The keyword and text of a text chunk.
fn text(chunk: &Chunk) -> Result<Option<(String, Vec<u8>)>, String> {
    if !matches!(&chunk.kind, b"tEXt" | b"zTXt" | b"iTXt") {
        return Ok(None);
    }
    let Some(end) = chunk.data.iter().position(|byte| *byte == 0) else { return Ok(None) };
    let keyword = String::from_utf8_lossy(&chunk.data[..end]).to_lowercase();
    let is_card = matches!(keyword.as_str(), "chara" | "ccv3");
    let rest = &chunk.data[end + 1..];
    if !is_card {
        return Ok(None);
    }
    let (packed, body) = match &chunk.kind {
        b"tEXt" => (false, rest),
        b"zTXt" => (true, rest.get(1..).unwrap_or_default()),
        _ => {
            let packed = rest.first() == Some(&1);
            let mut after = rest.get(2..).unwrap_or_default();
            for _ in 0..2 {
                let end = after
                    .iter()
                    .position(|byte| *byte == 0)
                    .ok_or("a text of the picture is damaged")?;
                after = &after[end + 1..];
            }
            (packed, after)
        }
    };
    // Base64 is a third longer than what is in it.
    let most = LONGEST / 3 * 4 + 4;
    let body = if packed {
        let mut out = Vec::new();
        let mut reader = ZlibDecoder::new(body).take(most as u64 + 1);
        reader
            .read_to_end(&mut out)
            .map_err(|error| format!("a text of the picture can't be unpacked: {error}"))?;
        out
    } else {
        body.to_vec()
    };
    if body.len() > most {
        return Err(format!("a text of more than {most} bytes in the picture"));
    }
    Ok(Some((keyword, body)))
}

/// The JSON of the card in a picture; that of version 3 where there are both.
pub(super) fn card(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut found: Option<(bool, Vec<u8>)> = None;
    for chunk in chunks(bytes)? {
        if let Some((keyword, body)) = text(&chunk)? {
            let newer = keyword == "ccv3";
            if found.as_ref().is_none_or(|(had_newer, _)| newer && !had_newer) {
                found = Some((newer, body));
            }
        }
    }
    let (_, body) = found.ok_or("there is no character card in the picture")?;
    let body: Vec<u8> = body.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(body).map_err(|error| format!("the card in the picture is no Base64: {error}"))
}

fn put(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(kind);
    out.extend(data);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(kind);
    hasher.update(data);
    out.extend(hasher.finalize().to_be_bytes());
}

/// The picture with that card in it instead of its own; a grey point where there is no picture.
pub(super) fn with_card(old: Option<&[u8]>, card: &Value) -> Result<Vec<u8>, String> {
    let json = serde_json::to_vec(card).map_err(|error| error.to_string())?;
    let encoded = STANDARD.encode(json);
    let mut out = HEAD.to_vec();
    let mut kept: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    match old {
        Some(old) => {
            for chunk in chunks(old)? {
                if text(&chunk)?.is_none() {
                    kept.push((chunk.kind, chunk.data.to_vec()));
                }
            }
        }
        None => {
            let mut packed =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            std::io::Write::write_all(&mut packed, &[0, 128]).map_err(|error| error.to_string())?;
            let packed = packed.finish().map_err(|error| error.to_string())?;
            kept.push((*b"IHDR", vec![0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]));
            kept.push((*b"IDAT", packed));
            kept.push((*b"IEND", Vec::new()));
        }
    }
    let is_newer = card.get("spec").and_then(Value::as_str) == Some("chara_card_v3");
    for (kind, data) in kept {
        if kind == *b"IEND" {
            let keywords: &[&str] = if is_newer { &["ccv3", "chara"] } else { &["chara"] };
            for keyword in keywords {
                let body = [keyword.as_bytes(), &[0], encoded.as_bytes()].concat();
                put(&mut out, b"tEXt", &body);
            }
        }
        put(&mut out, &kind, &data);
    }
    Ok(out)
}
