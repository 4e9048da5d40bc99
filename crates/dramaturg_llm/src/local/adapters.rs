//! Adapters: small differences of a model's weights, by which one character talks in a way of its own (LoRA, Hu et al.
//! 2021). What is wrong with one is found out here, from the files' headers: llama.cpp only says no.

use super::gguf::{Header, HeaderError, Value};
use super::{LocalError, LocalSettings};
use std::path::PathBuf;

/// An adapter of a local model.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// Its GGUF file, as llama.cpp's `convert_lora_to_gguf.py` writes it.
    pub path: PathBuf,
    /// How strongly it works: 1 as it was trained, 0 not at all; useful to 2.
    pub scale: f32,
}

impl Adapter {
    /// The adapter in a file, as strong as it was trained.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), scale: 1.0 }
    }
}

/// What is wrong with an adapter.
#[derive(Debug, thiserror::Error)]
pub enum AdapterFault {
    /// No such file.
    #[error("there is no such file")]
    NotFound,
    /// Reading failed.
    #[error("it can't be read: {0}")]
    Io(std::io::Error),
    /// Some other kind of file, or one that is cut short.
    #[error("{0}; make it again from the adapter's training output")]
    Damaged(String),
    /// A GGUF file of another kind.
    #[error("it is not a LoRA adapter but {0}")]
    NotAnAdapter(String),
    /// Made for another family of models.
    #[error(
        "it was made for a model of the architecture `{adapter}`, this one is `{model}`; take an adapter that was trained on this very model"
    )]
    OtherArchitecture {
        /// The adapter's.
        adapter: String,
        /// The model's.
        model: String,
    },
    /// It changes a tensor that the model hasn't got.
    #[error(
        "it changes `{0}`, which this model hasn't got; take an adapter that was trained on this very model"
    )]
    NoSuchTensor(String),
    /// It changes a tensor of another size.
    #[error(
        "it changes `{tensor}` as one of {adapter} numbers, this model's has {model}; take an adapter that was trained on \
         this very model"
    )]
    OtherShape {
        /// The tensor.
        tensor: String,
        /// Sides of the tensor that the adapter was made for.
        adapter: String,
        /// Sides of the model's.
        model: String,
    },
    /// Its own parts don't fit together.
    #[error("its part `{0}` {1}")]
    Inconsistent(String, &'static str),
    /// A strength that is no number.
    #[error("its scale is {0}, which is no strength; 1 is as it was trained")]
    Scale(f32),
}

/// Checks that all adapters of the settings fit this model; returns how many bytes their weights are.
pub(super) fn check(model: &Header, settings: &LocalSettings) -> Result<u64, LocalError> {
    let mut bytes: u64 = 0;
    for (id, adapter) in &settings.adapters {
        let checked = check_one(model, adapter).map_err(|fault| LocalError::Adapter {
            id: id.clone(),
            path: adapter.path.clone(),
            fault,
        })?;
        bytes = bytes.saturating_add(checked);
    }
    Ok(bytes)
}

fn check_one(model: &Header, adapter: &Adapter) -> Result<u64, AdapterFault> {
    if !adapter.scale.is_finite() {
        return Err(AdapterFault::Scale(adapter.scale));
    }
    let header = Header::read(&adapter.path).map_err(|error| match error {
        HeaderError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => AdapterFault::NotFound,
        HeaderError::Io(io) => AdapterFault::Io(io),
        other => AdapterFault::Damaged(other.to_string()),
    })?;
    fits(model, &header)?;
    Ok(header.data_bytes)
}

/// Whether an adapter fits a model: the checks of llama.cpp's `llama_adapter_lora_init`, and those whose failure would end
/// the program there.
fn fits(model: &Header, adapter: &Header) -> Result<(), AdapterFault> {
    match adapter.text("general.type") {
        Some("adapter") => {}
        Some(other) => return Err(AdapterFault::NotAnAdapter(format!("a {other}"))),
        None => {
            return Err(AdapterFault::NotAnAdapter("a file that says no `general.type`".into()));
        }
    }
    match adapter.text("adapter.type") {
        Some("lora") => {}
        other => {
            let kind = format!("an adapter of type `{}`", other.unwrap_or_default());
            return Err(AdapterFault::NotAnAdapter(kind));
        }
    }
    if adapter.architecture() != model.architecture() {
        return Err(AdapterFault::OtherArchitecture {
            adapter: adapter.architecture().to_owned(),
            model: model.architecture().to_owned(),
        });
    }
    if !matches!(adapter.value("adapter.lora.alpha"), None | Some(Value::Float(_))) {
        let what = "is no floating-point number";
        return Err(AdapterFault::Inconsistent("adapter.lora.alpha".into(), what));
    }
    let mut pairs = 0;
    for (name, a) in &adapter.tensors {
        let wrong = |what| Err(AdapterFault::Inconsistent(name.clone(), what));
        if let Some(tensor) = name.strip_suffix(".lora_a") {
            let Some(b) = adapter.tensors.get(&format!("{tensor}.lora_b")) else {
                return wrong("has no `.lora_b`");
            };
            pair_fits(model, tensor, a, b)?;
            pairs += 1;
        } else if let Some(tensor) = name.strip_suffix(".lora_b") {
            if !adapter.tensors.contains_key(&format!("{tensor}.lora_a")) {
                return wrong("has no `.lora_a`");
            }
        } else if !name.ends_with("_norm.weight") {
            // llama.cpp leaves out changes of norms.
            return wrong("is none of a LoRA adapter");
        }
    }
    if pairs == 0 {
        return Err(AdapterFault::NotAnAdapter("an adapter that changes nothing".into()));
    }
    Ok(())
}

fn pair_fits(model: &Header, tensor: &str, a: &[u64; 4], b: &[u64; 4]) -> Result<(), AdapterFault> {
    let Some(sides) = model.tensors.get(tensor) else {
        return Err(AdapterFault::NoSuchTensor(tensor.to_owned()));
    };
    // Words are looked up in their matrix, not multiplied with it: there the two parts are turned round.
    let (made_for, ranks) = if tensor.ends_with("token_embd.weight") {
        ([b[1], a[1]], [a[0], b[0]])
    } else {
        ([a[0], b[1]], [a[1], b[0]])
    };
    let deep = |sides: &[u64; 4]| [sides[2], sides[3]];
    if made_for != sides[..2] || deep(a) != deep(sides) || deep(b) != deep(sides) {
        return Err(AdapterFault::OtherShape {
            tensor: tensor.to_owned(),
            adapter: by(&[made_for[0], made_for[1], a[2], a[3]]),
            model: by(sides),
        });
    }
    if ranks[0] != ranks[1] || ranks[0] == 0 {
        let what = "and its `.lora_b` are of different ranks";
        return Err(AdapterFault::Inconsistent(format!("{tensor}.lora_a"), what));
    }
    Ok(())
}

/// '576 by 192'.
fn by(sides: &[u64; 4]) -> String {
    let last = sides.iter().rposition(|side| *side != 1).unwrap_or(0).max(1);
    sides[..=last].iter().map(u64::to_string).collect::<Vec<_>>().join(" by ")
}

#[cfg(test)]
mod tests {
    use super::super::written::Gguf;
    use super::*;

    fn header(file: &Gguf) -> Header {
        Header::parse(&file.bytes()[..], file.bytes().len() as u64).unwrap()
    }

    fn model() -> Header {
        header(
            &Gguf::default()
                .text("general.architecture", "llama")
                .tensor("blk.0.attn_k.weight", [4, 2], &[0.0; 8])
                .tensor("token_embd.weight", [4, 6], &[0.0; 24]),
        )
    }

    fn adapter() -> Gguf {
        Gguf::default()
            .text("general.type", "adapter")
            .text("adapter.type", "lora")
            .text("general.architecture", "llama")
            .float("adapter.lora.alpha", 8.0)
    }

    fn pair(file: Gguf, tensor: &str, a: [u64; 2], b: [u64; 2]) -> Gguf {
        let zeros = |sides: [u64; 2]| vec![0.0; (sides[0] * sides[1]) as usize];
        file.tensor(&format!("{tensor}.lora_a"), a, &zeros(a)).tensor(
            &format!("{tensor}.lora_b"),
            b,
            &zeros(b),
        )
    }

    #[test]
    fn adapters_that_fit_are_taken() {
        let file = pair(adapter(), "blk.0.attn_k.weight", [4, 3], [3, 2]);
        let file = pair(file, "token_embd.weight", [3, 6], [3, 4]);
        let file = file.tensor("blk.0.attn_norm.weight", [4, 1], &[0.0; 4]);
        fits(&model(), &header(&file)).unwrap();
    }

    #[test]
    fn others_are_refused_with_what_was_found() {
        let good = |file| pair(file, "blk.0.attn_k.weight", [4, 3], [3, 2]);
        let kind = |kind: &str| Gguf::default().text("general.type", kind);
        let lora = |architecture: &str| {
            kind("adapter").text("adapter.type", "lora").text("general.architecture", architecture)
        };
        for (file, said) in [
            (good(kind("model")), "not a LoRA adapter but a model"),
            (good(Gguf::default()), "no `general.type`"),
            (good(kind("adapter").text("adapter.type", "control")), "of type `control`"),
            (good(lora("qwen2")), "architecture `qwen2`, this one is `llama`"),
            (good(lora("llama").number("adapter.lora.alpha", 8)), "no floating-point"),
            (adapter(), "changes nothing"),
            (
                pair(adapter(), "blk.9.attn_k.weight", [4, 3], [3, 2]),
                "`blk.9.attn_k.weight`, which",
            ),
            (
                pair(adapter(), "blk.0.attn_k.weight", [8, 3], [3, 2]),
                "`blk.0.attn_k.weight` as one of 8 by 2 numbers, this model's has 4 by 2",
            ),
            (pair(adapter(), "blk.0.attn_k.weight", [4, 3], [5, 2]), "different ranks"),
            (pair(adapter(), "blk.0.attn_k.weight", [4, 0], [0, 2]), "different ranks"),
            (good(adapter()).tensor("rope.weight", [1, 1], &[0.0]), "`rope.weight` is none"),
            (good(adapter()).tensor("x.lora_a", [1, 1], &[0.0]), "has no `.lora_b`"),
            (good(adapter()).tensor("x.lora_b", [1, 1], &[0.0]), "has no `.lora_a`"),
        ] {
            let fault = fits(&model(), &header(&file)).unwrap_err().to_string();
            assert!(fault.contains(said), "{said}: {fault}");
        }
    }
}
