//! Under which weights something is evaluated. What was evaluated under some is of no use under others.

use super::adapters::{Adapter, AdapterFault};
use super::{LocalError, LocalSettings};
use crate::{AdapterId, ModelError};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use std::fs::File;
use std::io::{ErrorKind, Read};

/// The model's own weights, or those with one of its adapters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Weights(Option<usize>);

impl Weights {
    /// The model's own.
    pub(super) const OWN: Self = Self(None);

    #[cfg(test)]
    pub(super) fn of_adapter(number: usize) -> Self {
        Self(Some(number))
    }
}

struct Loaded {
    id: AdapterId,
    adapter: LlamaLoraAdapter,
    scale: f32,
    /// Of the file and the scale: by it a saved cache is known to be of this adapter.
    mark: String,
}

fn mark(adapter: &Adapter) -> std::io::Result<String> {
    let mut file = File::open(&adapter.path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&buffer[..count]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    hasher.update(&adapter.scale.to_le_bytes());
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}

/// The adapters of a model, and which of them works now.
#[derive(Default)]
pub(super) struct Adapters {
    loaded: Vec<Loaded>,
    active: Weights,
}

impl Adapters {
    /// Loads them into the model, which frees them at its end.
    pub(super) fn load(
        model: &mut LlamaModel,
        settings: &LocalSettings,
    ) -> Result<Self, LocalError> {
        let mut loaded = Vec::new();
        for (id, file) in &settings.adapters {
            let fault =
                |fault| LocalError::Adapter { id: id.clone(), path: file.path.clone(), fault };
            let mark = mark(file).map_err(|error| fault(AdapterFault::Io(error)))?;
            let adapter = model.lora_adapter_init(&file.path).map_err(|error| {
                // Its header was found right before.
                fault(AdapterFault::Damaged(format!(
                    "llama.cpp can't load it ({error}), it may be cut short"
                )))
            })?;
            loaded.push(Loaded { id: id.clone(), adapter, scale: file.scale, mark });
        }
        Ok(Self { loaded, active: Weights::OWN })
    }

    /// The weights with this adapter; the model's own without one.
    pub(super) fn weights(&self, id: Option<&AdapterId>) -> Result<Weights, ModelError> {
        let Some(id) = id else { return Ok(Weights::OWN) };
        match self.loaded.iter().position(|loaded| loaded.id == *id) {
            Some(at) => Ok(Weights(Some(at))),
            None => {
                let known: Vec<_> = self.loaded.iter().map(|l| format!("`{}`", l.id)).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                Err(ModelError::Unsupported(format!(
                    "speak with the adapter `{id}`: it is not loaded ({known} is); name its file when the model is opened"
                )))
            }
        }
    }

    /// Makes a context evaluate under these weights from now on.
    pub(super) fn apply(
        &mut self,
        context: &mut LlamaContext<'_>,
        weights: Weights,
    ) -> Result<(), ModelError> {
        if weights == self.active {
            return Ok(());
        }
        let failed = |error: &dyn std::fmt::Display| {
            ModelError::Unreachable(format!("an adapter can't be set: {error}"))
        };
        // llama.cpp sets all adapters of a context at once: one, or none.
        match (weights.0, self.loaded.first_mut()) {
            (Some(at), _) => {
                let loaded = self.loaded.get_mut(at);
                let loaded = loaded.ok_or_else(|| failed(&"there is no such one"))?;
                let set = context.lora_adapter_set(&mut loaded.adapter, loaded.scale);
                set.map_err(|error| failed(&error))?;
            }
            (None, Some(any)) => {
                let removed = context.lora_adapter_remove(&mut any.adapter);
                removed.map_err(|error| failed(&error))?;
            }
            (None, None) => {}
        }
        self.active = weights;
        Ok(())
    }

    /// By which a saved cache is known to be of these weights; none for the model's own.
    pub(super) fn mark(&self, weights: Weights) -> Option<&str> {
        Some(self.loaded.get(weights.0?)?.mark.as_str())
    }

    /// The weights of a mark that [`Self::mark`] told; none when they are not loaded.
    pub(super) fn marked(&self, mark: &str) -> Option<Weights> {
        let at = self.loaded.iter().position(|loaded| loaded.mark == mark)?;
        Some(Weights(Some(at)))
    }
}
