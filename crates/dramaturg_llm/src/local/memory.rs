//! What a model will take of the memory, before it is loaded.

use super::free::free_bytes;
use super::gguf::{Header, Value};
use super::step::BATCH;
use super::{LocalError, LocalSettings, SEQUENCES};
use std::fmt;
use std::path::Path;

/// How much memory a local model may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryLimit {
    /// What the system says is free when the model is opened; where it does not say, there is no limit.
    #[default]
    Free,
    /// So many bytes.
    Bytes(u64),
    /// As much as it likes: the system may swap, or end the program.
    Unlimited,
}

impl MemoryLimit {
    /// The limit in bytes; none where there is none.
    pub fn bytes(self) -> Option<u64> {
        match self {
            Self::Free => free_bytes(),
            Self::Bytes(bytes) => Some(bytes),
            Self::Unlimited => None,
        }
    }
}

/// Another model, to be named when one does not fit into the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smaller {
    /// What the player calls it.
    pub id: String,
    /// The size of its file.
    pub bytes: u64,
}

/// What a model will take of the machine's own memory, in bytes. What lies on a graphics card with memory of its own is
/// not in it.
///
/// The weights and the cache are exact for models of ordinary attention; the buffers are an upper bound. For SmolLM2 135M
/// the whole is within 25 % of what the process grows by, which a test sees to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The weights: the file without its header. Of a model in several files, those of the first.
    pub model_bytes: u64,
    /// The cache of [`LocalSettings::context_tokens`] cells, and the states of recurrent layers.
    pub cache_bytes: u64,
    /// What a step computes in, and the odds that it ends with.
    pub computing_bytes: u64,
    /// The adapters' weights.
    pub adapter_bytes: u64,
    /// [`LocalSettings::parked_bytes`], which fill while a game is played.
    pub parked_bytes: u64,
}

impl MemoryPlan {
    /// What the model in `path` would take. Reads the header of the file and those of the adapters; takes milliseconds.
    ///
    /// # Errors
    /// When a file is missing or is none of its kind.
    pub fn of(path: &Path, settings: &LocalSettings) -> Result<Self, LocalError> {
        let model = super::header(path)?;
        let adapters = super::adapters::check(&model, settings)?;
        Ok(Self::of_header(&model, adapters, settings))
    }

    pub(super) fn of_header(model: &Header, adapter_bytes: u64, settings: &LocalSettings) -> Self {
        let shape = Shape::of(model);
        let here = shape.share_here(settings.gpu_layers);
        let cache = shape.cache_bytes(settings.context_tokens.into());
        Self {
            model_bytes: here(model.data_bytes),
            cache_bytes: here(cache),
            computing_bytes: shape.computing_bytes(settings.context_tokens.into()),
            adapter_bytes,
            parked_bytes: settings.parked_bytes as u64,
        }
    }

    /// All of it.
    pub fn total_bytes(&self) -> u64 {
        let parts = [self.model_bytes, self.cache_bytes, self.computing_bytes];
        let parts = parts.into_iter().chain([self.adapter_bytes, self.parked_bytes]);
        parts.fold(0, u64::saturating_add)
    }

    /// Whether it fits into so many bytes.
    pub fn fits(&self, bytes: u64) -> bool {
        self.total_bytes() <= bytes
    }

    /// The largest of these models that fits into so many bytes. Only the sizes of their files are known: the rest is
    /// taken to be as large as this model's, and is less for a smaller one.
    pub fn smaller<'a>(&self, models: &'a [Smaller], bytes: u64) -> Option<&'a Smaller> {
        let rest = self.total_bytes() - self.model_bytes;
        let smaller = models.iter().filter(|model| model.bytes < self.model_bytes);
        let fitting = smaller.filter(|model| model.bytes.saturating_add(rest) <= bytes);
        fitting.max_by_key(|model| model.bytes)
    }
}

/// '2.20 GB: model 1.12 GB, cache 0.23 GB, computing 0.58 GB, parked 0.27 GB'.
impl fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: model {}, cache {}, computing {}",
            Gigabytes(self.total_bytes()),
            Gigabytes(self.model_bytes),
            Gigabytes(self.cache_bytes),
            Gigabytes(self.computing_bytes)
        )?;
        let others = [("adapters", self.adapter_bytes), ("parked", self.parked_bytes)];
        let mut others = others.into_iter().filter(|(_, bytes)| *bytes > 0);
        others.try_for_each(|(what, bytes)| write!(f, ", {what} {}", Gigabytes(bytes)))
    }
}

/// Bytes for people.
pub(super) struct Gigabytes(pub(super) u64);

impl fmt::Display for Gigabytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} GB", self.0 as f64 / 1e9)
    }
}

/// What decides about memory, of a model's header.
struct Shape {
    layers: u64,
    /// Numbers of each cell in the cache, over all layers.
    cell: u64,
    /// Numbers of each sequence's state in recurrent layers.
    state: u64,
    width: u64,
    inner: u64,
    words: u64,
}

impl Shape {
    fn of(model: &Header) -> Self {
        let architecture = model.architecture();
        let key = |name: &str| format!("{architecture}.{name}");
        let number = |name: &str| model.number(&key(name));
        let layers = number("block_count").unwrap_or(0).min(1 << 16);
        let width = number("embedding_length").unwrap_or(0);
        let heads = number("attention.head_count").unwrap_or(0);
        let own = width.checked_div(heads).unwrap_or(0);
        let pair = number("attention.key_length")
            .unwrap_or(own)
            .saturating_add(number("attention.value_length").unwrap_or(own));
        // Hybrid models attend in every so-manieth layer.
        let every = number("full_attention_interval").unwrap_or(1).max(1);
        let attending: Vec<u64> = match model.value(&key("attention.head_count_kv")) {
            Some(Value::Numbers(each)) => each.iter().copied().take(layers as usize).collect(),
            Some(Value::Number(all)) => vec![*all; (layers / every) as usize],
            _ => vec![heads; (layers / every) as usize],
        };
        let cached = attending.iter().fold(0, |sum: u64, heads| sum.saturating_add(*heads));
        let recurrent = layers - attending.iter().filter(|heads| **heads > 0).count() as u64;
        let (states, channels) =
            (number("ssm.state_size").unwrap_or(0), number("ssm.inner_size").unwrap_or(0));
        let groups = number("ssm.group_count").unwrap_or(0);
        // As llama.cpp's `n_embd_s` and `n_embd_r` count them.
        let mixed = channels.saturating_add(groups.saturating_mul(states).saturating_mul(2));
        let kernel = number("ssm.conv_kernel").unwrap_or(1).saturating_sub(1);
        let state = states.saturating_mul(channels).saturating_add(kernel.saturating_mul(mixed));
        let inner = match model.value(&key("feed_forward_length")) {
            Some(Value::Numbers(each)) => each.iter().copied().max().unwrap_or(0),
            Some(Value::Number(all)) => *all,
            _ => 0,
        };
        // The vocabulary is one side of the matrix that words are looked up in.
        let words = model.tensors.get("token_embd.weight").map_or(0, |sides| sides[1]);
        Self {
            layers,
            cell: cached.saturating_mul(pair),
            state: recurrent.saturating_mul(state),
            width,
            inner,
            words,
        }
    }

    /// Cells are 16-bit numbers, states are 32-bit ones. llama.cpp rounds cells up to 256.
    fn cache_bytes(&self, cells: u64) -> u64 {
        let cells = cells.next_multiple_of(256).saturating_mul(self.cell).saturating_mul(2);
        let states = self.state.saturating_mul(SEQUENCES as u64).saturating_mul(4);
        cells.saturating_add(states)
    }

    /// The buffers of a whole batch, in 32-bit numbers: the odds of all words after each token, computed and handed out,
    /// or the widest layer; and the mask that says which token sees which cell, once in 32 and once in 16 bits.
    fn computing_bytes(&self, cells: u64) -> u64 {
        let layer = self.inner.saturating_mul(3).saturating_add(self.width.saturating_mul(4));
        let widest = self.words.saturating_add(self.width).max(layer);
        let numbers = widest.saturating_add(self.words).saturating_mul(4);
        let mask = cells.saturating_mul(6);
        numbers.saturating_add(mask).saturating_mul(BATCH as u64)
    }

    /// How much of something that is spread over the layers lies in the machine's own memory. Where graphics card and
    /// processor share it, all of it does.
    fn share_here(&self, gpu_layers: u32) -> impl Fn(u64) -> u64 {
        let shared = cfg!(any(feature = "metal", target_os = "macos"));
        let layers = self.layers.max(1);
        let away = if shared { 0 } else { u64::from(gpu_layers).min(layers) };
        move |bytes| (u128::from(bytes) * u128::from(layers - away) / u128::from(layers)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::Gguf;
    use super::*;

    fn header(model: Gguf) -> Header {
        Header::parse(&model.bytes()[..], model.bytes().len() as u64).unwrap()
    }

    fn small() -> Gguf {
        Gguf::default()
            .text("general.architecture", "llama")
            .number("llama.block_count", 2)
            .number("llama.embedding_length", 64)
            .number("llama.feed_forward_length", 100)
            .number("llama.attention.head_count", 4)
            .number("llama.attention.head_count_kv", 2)
            .tensor("token_embd.weight", [64, 10], &[0.0; 640])
    }

    fn plan(model: Gguf, settings: &LocalSettings) -> MemoryPlan {
        MemoryPlan::of_header(&header(model), 7, settings)
    }

    #[test]
    fn each_part_is_counted() {
        let settings = LocalSettings {
            context_tokens: 500,
            parked_bytes: 9,
            gpu_layers: 0,
            ..LocalSettings::default()
        };
        let found = plan(small(), &settings);
        assert_eq!(found.model_bytes, 640 * 4);
        // Two layers, two heads of 16 numbers for keys and 16 for values, two bytes each, 512 cells.
        assert_eq!(found.cache_bytes, 2 * 2 * 32 * 2 * 512);
        assert_eq!(found.computing_bytes, 512 * ((3 * 100 + 4 * 64 + 10) * 4 + 500 * 6));
        assert_eq!((found.adapter_bytes, found.parked_bytes), (7, 9));
        assert!(found.fits(found.total_bytes()) && !found.fits(found.total_bytes() - 1));
        let sized = small()
            .number("llama.attention.key_length", 8)
            .number("llama.attention.value_length", 24);
        assert_eq!(plan(sized, &settings).cache_bytes, found.cache_bytes);
        #[cfg(not(any(feature = "metal", target_os = "macos")))]
        {
            let half = plan(small(), &LocalSettings { gpu_layers: 1, ..settings });
            assert_eq!((half.model_bytes, half.cache_bytes), (640 * 2, found.cache_bytes / 2));
        }
    }

    #[test]
    fn layers_without_attention_hold_a_state_for_each_sequence() {
        let hybrid = Gguf::default()
            .text("general.architecture", "jamba")
            .number("jamba.block_count", 2)
            .number("jamba.embedding_length", 64)
            .number("jamba.attention.head_count", 4)
            .numbers("jamba.attention.head_count_kv", &[0, 2])
            .number("jamba.ssm.state_size", 4)
            .number("jamba.ssm.inner_size", 10)
            .number("jamba.ssm.conv_kernel", 3);
        let settings =
            LocalSettings { context_tokens: 256, gpu_layers: 0, ..LocalSettings::default() };
        let found = plan(hybrid, &settings).cache_bytes;
        assert_eq!(found, 2 * 32 * 2 * 256 + (4 * 10 + 2 * 10) * 4 * SEQUENCES as u64);
    }

    #[test]
    fn figures_of_a_hostile_header_do_not_overflow() {
        let mut mad = Gguf::default().text("general.architecture", "llama");
        for key in ["block_count", "embedding_length", "attention.key_length", "ssm.state_size"] {
            mad = mad.number(&format!("llama.{key}"), u32::MAX);
        }
        let mad =
            mad.number("llama.attention.head_count", u32::MAX).number("llama.ssm.inner_size", 9);
        let found =
            plan(mad, &LocalSettings { context_tokens: u32::MAX, ..LocalSettings::default() });
        assert!(!found.fits(1 << 50));
        assert!(!plan(Gguf::default(), &LocalSettings::default()).fits(0));
    }

    #[test]
    fn the_largest_smaller_model_that_fits_is_named() {
        let plan = MemoryPlan { model_bytes: 100, cache_bytes: 20, ..MemoryPlan::default() };
        let model = |id: &str, bytes| Smaller { id: id.into(), bytes };
        let models =
            [model("tiny", 10), model("small", 50), model("same", 100), model("huge", 900)];
        let named = |bytes| plan.smaller(&models, bytes).map(|model| model.id.as_str());
        assert_eq!(named(119), Some("small"));
        assert_eq!(named(69), Some("tiny"));
        assert_eq!(named(29), None);
    }
}
