//! The cells of the model's cache: which sequence holds which tokens, shared where they begin alike, kept in host
//! memory when there is no room.

use super::prefix_tree::{PrefixTree, Seq, Token, shared};
use crate::ModelError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::{LlamaStateSeqFlags, SeqState};
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use std::collections::HashMap;

/// A shorter beginning is sooner evaluated again than fetched from host memory.
const WORTH_PARKING: usize = 48;

/// What a sequence holds.
struct Held {
    tokens: Vec<Token>,
    /// Somebody works with it: it can be copied from, but neither changed nor thrown out.
    busy: bool,
    used: u64,
}

/// A sequence that was thrown out, kept in host memory.
struct Parked {
    tokens: Vec<Token>,
    state: SeqState,
    used: u64,
}

/// What the cache is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// Cells in use, those that are shared counted once.
    pub cells: usize,
    /// Sequences that hold something.
    pub sequences: usize,
    /// Bytes of sequences in host memory.
    pub parked_bytes: usize,
    /// Prompt tokens that were evaluated since the start.
    pub evaluated: u64,
    /// Prompt tokens that did not have to be, since they were held.
    pub reused: u64,
}

pub(super) struct Cells<'m> {
    context: LlamaContext<'m>,
    tree: PrefixTree,
    held: HashMap<Seq, Held>,
    free: Vec<Seq>,
    parked: Vec<Parked>,
    parked_limit: usize,
    limit: usize,
    trims: bool,
    clock: u64,
    figures: CacheFigures,
}

fn failed(error: &dyn std::fmt::Display) -> ModelError {
    ModelError::Unreachable(error.to_string())
}

impl<'m> Cells<'m> {
    /// `sequences` at the most, `limit` cells; `trims` says whether the model can cut a sequence short.
    pub(super) fn new(
        context: LlamaContext<'m>,
        sequences: Seq,
        limit: usize,
        parked_limit: usize,
        trims: bool,
    ) -> Self {
        Self {
            context,
            tree: PrefixTree::default(),
            held: HashMap::new(),
            free: (0..sequences).rev().collect(),
            parked: Vec::new(),
            parked_limit,
            limit,
            trims,
            clock: 0,
            figures: CacheFigures::default(),
        }
    }

    pub(super) fn figures(&self) -> CacheFigures {
        CacheFigures {
            cells: self.tree.cells(),
            sequences: self.held.len(),
            parked_bytes: self.parked.iter().map(|parked| parked.state.byte_len()).sum(),
            ..self.figures
        }
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// A sequence that holds the beginning of `tokens`, as much of it as is held anywhere but at the most `most`;
    /// returns how much that is. The sequence is the caller's until [`Self::release`] or [`Self::forget`].
    pub(super) fn acquire(
        &mut self,
        tokens: &[Token],
        most: usize,
    ) -> Result<(Seq, usize), ModelError> {
        // A model that can't trim can go on from a sequence, but not from within it.
        let found = if self.trims {
            self.tree.longest(tokens)
        } else {
            self.tree.longest_whole(&tokens[..most])
        };
        let found = found.and_then(|(seq, length)| {
            let held = self.held.get(&seq)?.tokens.len();
            Some((seq, length.min(most), held))
        });
        let length = found.map_or(0, |(_, length, _)| length);
        if let Some((seq, length)) = self.unpark(tokens, most, length + WORTH_PARKING)? {
            self.figures.reused += length as u64;
            return Ok((seq, length));
        }
        self.figures.reused += length as u64;
        match found {
            Some((seq, length, held)) if length == held && !self.is_busy(seq) && self.trims => {
                self.occupy(seq);
                Ok((seq, length))
            }
            Some((from, length, _)) if length > 0 => {
                // The source must not be thrown out to make room for its own copy.
                let was_busy = std::mem::replace(&mut self.entry(from)?.busy, true);
                let fresh = self.fresh();
                self.entry(from)?.busy = was_busy;
                let fresh = fresh?;
                let copied = self.context.copy_kv_cache_seq(from, fresh, None, None);
                copied.map_err(|e| failed(&e))?;
                let tokens = tokens[..length].to_vec();
                if self.entry(from)?.tokens.len() > length {
                    self.cut(fresh, length)?;
                }
                self.hold(fresh, tokens);
                Ok((fresh, length))
            }
            _ => {
                let fresh = self.fresh()?;
                self.hold(fresh, Vec::new());
                Ok((fresh, 0))
            }
        }
    }

    /// An empty sequence in an empty cache: what is evaluated in it comes out the same to the last bit, since even the
    /// place of its cells is always the same. Whatever was held goes to host memory.
    pub(super) fn acquire_empty(&mut self) -> Result<Seq, ModelError> {
        while self.evict() {}
        if self.held.is_empty() {
            self.context.clear_kv_cache();
        }
        let fresh = self.fresh()?;
        self.hold(fresh, Vec::new());
        Ok(fresh)
    }

    fn is_busy(&self, seq: Seq) -> bool {
        self.held.get(&seq).is_some_and(|held| held.busy)
    }

    fn entry(&mut self, seq: Seq) -> Result<&mut Held, ModelError> {
        self.held.get_mut(&seq).ok_or_else(|| failed(&format!("sequence {seq} is not held")))
    }

    fn occupy(&mut self, seq: Seq) {
        let now = self.tick();
        if let Some(held) = self.held.get_mut(&seq) {
            (held.busy, held.used) = (true, now);
        }
    }

    fn hold(&mut self, seq: Seq, tokens: Vec<Token>) {
        let used = self.tick();
        self.tree.insert(seq, tokens.clone());
        self.held.insert(seq, Held { tokens, busy: true, used });
    }

    fn cut(&mut self, seq: Seq, length: usize) -> Result<(), ModelError> {
        let cut = self.context.clear_kv_cache_seq(Some(seq as u32), Some(length as u32), None);
        match cut {
            Ok(true) => Ok(()),
            Ok(false) => Err(failed(&"the model can't cut a sequence short")),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Leaves a sequence for others to go on from.
    pub(super) fn release(&mut self, seq: Seq) {
        let now = self.tick();
        if let Some(held) = self.held.get_mut(&seq) {
            (held.busy, held.used) = (false, now);
        }
    }

    /// Throws a sequence out.
    pub(super) fn forget(&mut self, seq: Seq) {
        if let Some(held) = self.held.remove(&seq) {
            self.tree.remove(seq, held.tokens);
            // Whole sequences can always be removed.
            let _ = self.context.clear_kv_cache_seq(Some(seq as u32), None, None);
            self.free.push(seq);
        }
    }

    pub(super) fn length(&self, seq: Seq) -> usize {
        self.held.get(&seq).map_or(0, |held| held.tokens.len())
    }

    /// Makes a busy sequence hold the beginning of `tokens` that it shares with them, at the most `most`. A model that
    /// can't trim gets another sequence instead.
    pub(super) fn turn(
        &mut self,
        seq: Seq,
        tokens: &[Token],
        most: usize,
    ) -> Result<(Seq, usize), ModelError> {
        let held = &self.entry(seq)?.tokens;
        let length = shared(held, tokens).min(most);
        if length == held.len() {
            return Ok((seq, length));
        }
        if !self.trims {
            self.release(seq);
            return self.acquire(tokens, most);
        }
        self.cut(seq, length)?;
        let held = self.entry(seq)?;
        let before = held.tokens.clone();
        held.tokens.truncate(length);
        let now = held.tokens.clone();
        self.tree.remove(seq, before);
        self.tree.insert(seq, now);
        Ok((seq, length))
    }

    /// Room for `more` cells: throws out what was not used for longest.
    pub(super) fn make_room(&mut self, more: usize) -> Result<(), ModelError> {
        while self.tree.cells() + more > self.limit {
            if !self.evict() {
                return Err(ModelError::TooLong { tokens: more, limit: self.limit });
            }
        }
        Ok(())
    }

    fn fresh(&mut self) -> Result<Seq, ModelError> {
        if self.free.is_empty() {
            self.evict();
        }
        self.free.pop().ok_or(ModelError::Busy(self.held.len()))
    }

    fn evict(&mut self) -> bool {
        let idle = self.held.iter().filter(|(_, held)| !held.busy);
        let Some((&seq, _)) = idle.min_by_key(|(_, held)| held.used) else { return false };
        self.park(seq);
        self.forget(seq);
        true
    }

    /// Keeps a sequence in host memory, when no other holds most of it anyway.
    fn park(&mut self, seq: Seq) {
        let Some(held) = self.held.get(&seq) else { return };
        let (tokens, used) = (held.tokens.clone(), held.used);
        self.tree.remove(seq, tokens.clone());
        let elsewhere = self.tree.longest(&tokens).map_or(0, |(_, length)| length);
        self.tree.insert(seq, tokens.clone());
        if tokens.len() - elsewhere < WORTH_PARKING || self.parked_limit == 0 {
            return;
        }
        let Ok(state) = self.context.state_seq_get(seq, LlamaStateSeqFlags::empty()) else {
            return;
        };
        self.parked.retain(|parked| shared(&parked.tokens, &tokens) < parked.tokens.len());
        self.parked.push(Parked { tokens, state, used });
        let bytes = |parked: &[Parked]| parked.iter().map(|p| p.state.byte_len()).sum::<usize>();
        while bytes(&self.parked) > self.parked_limit {
            let oldest = (0..self.parked.len()).min_by_key(|at| self.parked[*at].used);
            match oldest {
                Some(at) => drop(self.parked.remove(at)),
                None => break,
            }
        }
    }

    /// Fetches a sequence from host memory when it holds at least `least` of `tokens`.
    fn unpark(
        &mut self,
        tokens: &[Token],
        most: usize,
        least: usize,
    ) -> Result<Option<(Seq, usize)>, ModelError> {
        let alike = |parked: &Parked| {
            let length = shared(&parked.tokens, tokens).min(most);
            if self.trims || length == parked.tokens.len() { length } else { 0 }
        };
        let best = (0..self.parked.len()).max_by_key(|at| alike(&self.parked[*at]));
        let Some(at) = best.filter(|at| alike(&self.parked[*at]) >= least) else { return Ok(None) };
        let length = alike(&self.parked[at]);
        let parked = self.parked.remove(at);
        self.make_room(parked.tokens.len())?;
        let seq = self.fresh()?;
        if self.context.state_seq_set(&parked.state, seq).is_err() {
            self.free.push(seq);
            return Ok(None);
        }
        if parked.tokens.len() > length {
            self.cut(seq, length)?;
        }
        self.hold(seq, tokens[..length].to_vec());
        Ok(Some((seq, length)))
    }

    /// Evaluates a batch. `grown` says which tokens each busy sequence holds more afterwards.
    pub(super) fn decode(
        &mut self,
        batch: &mut LlamaBatch,
        grown: &[(Seq, Vec<Token>)],
    ) -> Result<(), ModelError> {
        let more = batch.n_tokens() as usize;
        self.make_room(more)?;
        // What two requests evaluated at the same time is there twice: the tree counts it once, the cache does not.
        while let Err(error) = self.context.decode(batch) {
            let full = matches!(error, llama_cpp_2::DecodeError::NoKvCacheSlot);
            if !full || !self.evict() {
                return Err(failed(&error));
            }
        }
        for (seq, tokens) in grown {
            let held = self.entry(*seq)?;
            let before = held.tokens.clone();
            held.tokens.extend_from_slice(tokens);
            let now = held.tokens.clone();
            self.tree.remove(*seq, before);
            self.tree.insert(*seq, now);
        }
        Ok(())
    }

    /// Counts prompt tokens that had to be evaluated.
    pub(super) fn count_evaluated(&mut self, tokens: usize) {
        self.figures.evaluated += tokens as u64;
    }

    /// Takes back cells that a batch wrote beyond what the sequence holds.
    pub(super) fn drop_beyond(&mut self, seq: Seq) {
        let length = self.length(seq);
        if self.cut(seq, length).is_err() {
            self.forget(seq);
        }
    }

    /// Logits of the batch's token `index`.
    pub(super) fn logits(&self, index: i32) -> &[f32] {
        self.context.get_logits_ith(index)
    }

    /// Writes the `most` longest held sequences into `folder`, one file each; returns how many.
    pub(super) fn save(&self, folder: &std::path::Path, most: usize) -> std::io::Result<usize> {
        std::fs::create_dir_all(folder)?;
        let mut held: Vec<_> =
            self.held.iter().filter(|(_, held)| !held.tokens.is_empty()).collect();
        held.sort_by_key(|(_, held)| std::cmp::Reverse(held.tokens.len()));
        held.truncate(most);
        for (number, (seq, held)) in held.iter().enumerate() {
            let tokens: Vec<LlamaToken> = held.tokens.iter().map(|t| LlamaToken(*t)).collect();
            let part = folder.join(format!("{number}.part"));
            self.context
                .state_seq_save_file(&part, **seq, &tokens)
                .map_err(|e| std::io::Error::other(e.to_string()))?;
            std::fs::rename(&part, folder.join(format!("{number}.seq")))?;
        }
        Ok(held.len())
    }

    /// Reads what [`Self::save`] wrote; a file that does not fit this model is left out. Returns how many were read.
    pub(super) fn load(&mut self, folder: &std::path::Path) -> std::io::Result<usize> {
        let mut files: Vec<_> = std::fs::read_dir(folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "seq"))
            .collect();
        files.sort();
        let mut count = 0;
        for file in files {
            let Ok(seq) = self.fresh() else { break };
            match self.context.state_seq_load_file(&file, seq, self.limit) {
                Ok((tokens, _)) => {
                    self.hold(seq, tokens.iter().map(|t| t.0).collect());
                    self.release(seq);
                    count += 1;
                }
                Err(_) => {
                    let _ = self.context.clear_kv_cache_seq(Some(seq as u32), None, None);
                    self.free.push(seq);
                }
            }
        }
        Ok(count)
    }
}
