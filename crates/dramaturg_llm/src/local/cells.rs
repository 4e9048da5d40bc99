//! The cells of the model's cache: which sequence holds which tokens, shared where they begin alike, kept in host
//! memory when there is no room.

use super::prefix_tree::{PrefixTree, Seq, Token, shared};
use super::weights::{Adapters, Weights};
use crate::{AdapterId, ModelError};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::{LlamaStateSeqFlags, SeqState};
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A shorter beginning is sooner evaluated again than fetched from host memory.
const WORTH_PARKING: usize = 48;

/// What a sequence holds.
struct Held {
    tokens: Vec<Token>,
    /// Under which they were evaluated.
    weights: Weights,
    /// Somebody works with it: it can be copied from, but neither changed nor thrown out.
    busy: bool,
    used: u64,
}

/// A sequence that was thrown out, kept in host memory.
struct Parked {
    tokens: Vec<Token>,
    weights: Weights,
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
    adapters: Adapters,
    /// One for all weights: what was evaluated under some is of no use under others.
    trees: BTreeMap<Weights, PrefixTree>,
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
        adapters: Adapters,
        sequences: Seq,
        limit: usize,
        parked_limit: usize,
        trims: bool,
    ) -> Self {
        Self {
            context,
            adapters,
            trees: BTreeMap::new(),
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
            cells: self.cells(),
            sequences: self.held.len(),
            parked_bytes: self.parked.iter().map(|parked| parked.state.byte_len()).sum(),
            ..self.figures
        }
    }

    /// The weights with this adapter; the model's own without one.
    pub(super) fn weights(&self, adapter: Option<&AdapterId>) -> Result<Weights, ModelError> {
        self.adapters.weights(adapter)
    }

    fn cells(&self) -> usize {
        self.trees.values().map(PrefixTree::cells).sum()
    }

    fn tree(&mut self, weights: Weights) -> &mut PrefixTree {
        self.trees.entry(weights).or_default()
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// A sequence that holds the beginning of `tokens`, as much of it as is held anywhere under these weights but at the
    /// most `most`; returns how much that is. The sequence is the caller's until [`Self::release`] or [`Self::forget`].
    pub(super) fn acquire(
        &mut self,
        tokens: &[Token],
        most: usize,
        weights: Weights,
    ) -> Result<(Seq, usize), ModelError> {
        let found = self.find(tokens, most, weights);
        let length = found.map_or(0, |(_, length, _)| length);
        if let Some((seq, length)) = self.unpark(tokens, most, length + WORTH_PARKING, weights)? {
            self.figures.reused += length as u64;
            return Ok((seq, length));
        }
        // What was found may have been thrown out in vain, to make room for what was parked.
        let found = self.find(tokens, most, weights);
        self.figures.reused += found.map_or(0, |(_, length, _)| length) as u64;
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
                self.hold(fresh, tokens, weights);
                Ok((fresh, length))
            }
            _ => {
                let fresh = self.fresh()?;
                self.hold(fresh, Vec::new(), weights);
                Ok((fresh, 0))
            }
        }
    }

    /// The sequence that holds the longest beginning of `tokens`, how much of it up to `most`, and its whole length.
    fn find(&self, tokens: &[Token], most: usize, weights: Weights) -> Option<(Seq, usize, usize)> {
        let tree = self.trees.get(&weights)?;
        // A model that can't trim can go on from a sequence, but not from within it.
        let found = match self.trims {
            true => tree.longest(tokens),
            false => tree.longest_whole(&tokens[..most]),
        };
        let (seq, length) = found?;
        Some((seq, length.min(most), self.held.get(&seq)?.tokens.len()))
    }

    /// An empty sequence in an empty cache: what is evaluated in it comes out the same to the last bit, since even the
    /// place of its cells is always the same. Whatever was held goes to host memory.
    pub(super) fn acquire_empty(&mut self, weights: Weights) -> Result<Seq, ModelError> {
        while self.evict() {}
        if self.held.is_empty() {
            self.context.clear_kv_cache();
        }
        let fresh = self.fresh()?;
        self.hold(fresh, Vec::new(), weights);
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

    fn hold(&mut self, seq: Seq, tokens: Vec<Token>, weights: Weights) {
        let used = self.tick();
        self.tree(weights).insert(seq, tokens.clone());
        self.held.insert(seq, Held { tokens, weights, busy: true, used });
    }

    /// Changes what a sequence holds.
    fn change(&mut self, seq: Seq, change: impl FnOnce(&mut Vec<Token>)) -> Result<(), ModelError> {
        let held = self.entry(seq)?;
        let before = held.tokens.clone();
        change(&mut held.tokens);
        let (now, weights) = (held.tokens.clone(), held.weights);
        let tree = self.tree(weights);
        tree.remove(seq, before);
        tree.insert(seq, now);
        Ok(())
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
            self.tree(held.weights).remove(seq, held.tokens);
            // Whole sequences can always be removed.
            let _ = self.context.clear_kv_cache_seq(Some(seq as u32), None, None);
            self.free.push(seq);
        }
    }

    /// Throws out all that nobody works with, and what is in host memory.
    pub(super) fn forget_idle(&mut self) {
        let idle = self.held.iter().filter(|(_, held)| !held.busy).map(|(seq, _)| *seq);
        for seq in idle.collect::<Vec<_>>() {
            self.forget(seq);
        }
        self.parked = Vec::new();
        if self.held.is_empty() {
            // The next cells are the first ones again.
            self.context.clear_kv_cache();
        }
    }

    /// Throws out what somebody works with.
    pub(super) fn forget_busy(&mut self) {
        let busy = self.held.iter().filter(|(_, held)| held.busy).map(|(seq, _)| *seq);
        for seq in busy.collect::<Vec<_>>() {
            self.forget(seq);
        }
    }

    /// Where the books differ from what llama.cpp holds.
    pub(super) fn audit(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for seq in self.held.keys().chain(&self.free).copied() {
            let found = self.context.kv_cache_seq_pos_max(seq) + 1;
            let booked = self.length(seq);
            if found != booked as i32 {
                wrong.push(format!("sequence {seq} holds {found} cells, not {booked}"));
            }
        }
        let known = self.held.len() + self.free.len();
        if known != super::SEQUENCES as usize {
            wrong.push(format!("{known} sequences are known, not {}", super::SEQUENCES));
        }
        wrong
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
        let held = self.entry(seq)?;
        let (weights, length) = (held.weights, shared(&held.tokens, tokens).min(most));
        if length == held.tokens.len() {
            return Ok((seq, length));
        }
        if !self.trims {
            self.release(seq);
            return self.acquire(tokens, most, weights);
        }
        self.cut(seq, length)?;
        self.change(seq, |tokens| tokens.truncate(length))?;
        Ok((seq, length))
    }

    /// Room for `more` cells: throws out what was not used for longest. [`ModelError::Busy`] when all that is left is
    /// being worked with.
    pub(super) fn make_room(&mut self, more: usize) -> Result<(), ModelError> {
        while self.cells() + more > self.limit {
            if !self.evict() {
                return Err(ModelError::Busy(self.held.len()));
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
        let (tokens, weights, used) = (held.tokens.clone(), held.weights, held.used);
        let tree = self.tree(weights);
        tree.remove(seq, tokens.clone());
        let elsewhere = tree.longest(&tokens).map_or(0, |(_, length)| length);
        tree.insert(seq, tokens.clone());
        if tokens.len() - elsewhere < WORTH_PARKING || self.parked_limit == 0 {
            return;
        }
        let Ok(state) = self.context.state_seq_get(seq, LlamaStateSeqFlags::empty()) else {
            return;
        };
        // It would push out all others, and then not fit itself.
        if state.byte_len() > self.parked_limit {
            return;
        }
        self.parked.retain(|parked| {
            parked.weights != weights || shared(&parked.tokens, &tokens) < parked.tokens.len()
        });
        self.parked.push(Parked { tokens, weights, state, used });
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
        weights: Weights,
    ) -> Result<Option<(Seq, usize)>, ModelError> {
        let alike = |parked: &Parked| {
            if parked.weights != weights {
                return 0;
            }
            let length = shared(&parked.tokens, tokens).min(most);
            if self.trims || length == parked.tokens.len() { length } else { 0 }
        };
        let best = (0..self.parked.len()).max_by_key(|at| alike(&self.parked[*at]));
        let Some(at) = best.filter(|at| alike(&self.parked[*at]) >= least) else { return Ok(None) };
        let length = alike(&self.parked[at]);
        let parked = self.parked.remove(at);
        if self.make_room(parked.tokens.len()).is_err() {
            return Ok(None);
        }
        let seq = self.fresh()?;
        if self.context.state_seq_set(&parked.state, seq).is_err() {
            self.free.push(seq);
            return Ok(None);
        }
        if parked.tokens.len() > length {
            self.cut(seq, length)?;
        }
        self.hold(seq, tokens[..length].to_vec(), weights);
        Ok(Some((seq, length)))
    }

    /// Evaluates a batch for these sequences, which must be of the same weights. `grown` says which tokens each busy
    /// sequence holds more afterwards. [`ModelError::Busy`] when there is no room for it; nothing has changed then.
    pub(super) fn decode(
        &mut self,
        batch: &mut LlamaBatch,
        seqs: &BTreeSet<Seq>,
        grown: Vec<(Seq, Vec<Token>)>,
    ) -> Result<(), ModelError> {
        let weights = seqs.iter().filter_map(|seq| self.held.get(seq)).map(|held| held.weights);
        let weights: BTreeSet<Weights> = weights.collect();
        match weights.first() {
            Some(weights_of_all) if weights.len() == 1 => {
                self.adapters.apply(&mut self.context, *weights_of_all)?;
            }
            _ => return Err(failed(&"a batch is of several adapters")),
        }
        let more = batch.n_tokens() as usize;
        self.make_room(more)?;
        // What two requests evaluated at the same time is there twice: the tree counts it once, the cache does not.
        while let Err(error) = self.context.decode(batch) {
            if !matches!(error, llama_cpp_2::DecodeError::NoKvCacheSlot) {
                return Err(failed(&error));
            }
            if !self.evict() {
                return Err(ModelError::Busy(self.held.len()));
            }
        }
        for (seq, tokens) in grown {
            self.change(seq, |held| held.extend(tokens))?;
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

    /// Writes the `most` longest held sequences into `folder`, one file each, in whose names stands the adapter; returns
    /// how many.
    pub(super) fn save(&self, folder: &Path, most: usize) -> std::io::Result<usize> {
        std::fs::create_dir_all(folder)?;
        let mut held: Vec<_> =
            self.held.iter().filter(|(_, held)| !held.tokens.is_empty()).collect();
        held.sort_by_key(|(_, held)| std::cmp::Reverse(held.tokens.len()));
        held.truncate(most);
        let before = saved(folder)?;
        for (number, (seq, held)) in held.iter().enumerate() {
            let tokens: Vec<LlamaToken> = held.tokens.iter().map(|t| LlamaToken(*t)).collect();
            let part = folder.join(format!("{number}.part"));
            self.context
                .state_seq_save_file(&part, **seq, &tokens)
                .map_err(|e| std::io::Error::other(e.to_string()))?;
            let mark = self.adapters.mark(held.weights).map(|mark| format!(".{mark}"));
            let name = format!("{number}{}.{SAVED}", mark.unwrap_or_default());
            // What had this number may have been of another adapter, and so have another name.
            let number = number.to_string();
            for file in before.iter().filter(|file| stem(file).0 == number) {
                std::fs::remove_file(file)?;
            }
            std::fs::rename(&part, folder.join(name))?;
        }
        Ok(held.len())
    }

    /// Reads what [`Self::save`] wrote; a file that does not fit this model, or whose adapter is not loaded, is left out.
    /// Returns how many were read.
    pub(super) fn load(&mut self, folder: &Path) -> std::io::Result<usize> {
        let mut count = 0;
        for file in saved(folder)? {
            let weights = match stem(&file).1 {
                Some(mark) => self.adapters.marked(mark),
                None => Some(Weights::OWN),
            };
            let Some(weights) = weights else { continue };
            let Ok(seq) = self.fresh() else { break };
            match self.context.state_seq_load_file(&file, seq, self.limit) {
                Ok((tokens, _)) => {
                    self.hold(seq, tokens.iter().map(|t| t.0).collect(), weights);
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

/// How the files of a saved cache end.
const SAVED: &str = "seq";

/// The files of a saved cache, in order.
fn saved(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == SAVED))
        .collect();
    files.sort();
    Ok(files)
}

/// The number of a saved sequence, and the mark of its adapter.
fn stem(file: &Path) -> (&str, Option<&str>) {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    stem.split_once('.').map_or((stem, None), |(number, mark)| (number, Some(mark)))
}
