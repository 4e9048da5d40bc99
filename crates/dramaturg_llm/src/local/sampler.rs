//! Draws tokens with a generator of our own, so that a seed means the same everywhere.

use crate::Sampling;
use std::collections::HashMap;

/// Tokens whose logit is this far below the best can't be drawn at any temperature that makes sense.
const REACH: f32 = 24.0;
/// The most candidates that are ordered.
const MOST: usize = 256;
/// How far back repetitions are looked for, in tokens.
const MEMORY: usize = 256;

/// Tokens whose greatest logit is looked for at once.
const BLOCK: usize = 128;
const LANES: usize = 16;

pub(super) struct Sampler {
    settings: Sampling,
    state: u64,
    spoken: Vec<i32>,
    counts: HashMap<i32, u32>,
}

impl Sampler {
    pub(super) fn new(settings: Sampling) -> Self {
        let state = u64::from(settings.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self { settings, state, spoken: Vec::new(), counts: HashMap::new() }
    }

    /// xorshift64* (Vigna 2016), uniform in 0..1.
    fn draw(&mut self) -> f32 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        bits as f32 / (1u64 << 24) as f32
    }

    /// Chooses a token and remembers it.
    pub(super) fn pick(&mut self, logits: &[f32]) -> i32 {
        let mut top = self.candidates(logits);
        self.penalise(&mut top);
        let order = |a: &(i32, f32), b: &(i32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if top.len() > MOST {
            top.select_nth_unstable_by(MOST - 1, order);
            top.truncate(MOST);
        }
        top.sort_unstable_by(order);
        let id = match top.first() {
            None => 0,
            Some(first) if self.settings.temperature <= 0.0 => first.0,
            Some(_) => self.among(&top),
        };
        self.take(id);
        id
    }

    /// All that can be among the [`MOST`] after the penalties, and little more: a vocabulary has 150,000 tokens, of
    /// which a third may be within [`REACH`].
    fn candidates(&self, logits: &[f32]) -> Vec<(i32, f32)> {
        let best_of: Vec<f32> = logits.chunks(BLOCK).map(greatest).collect();
        let best = greatest(&best_of);
        // So many blocks have a token that is at least as likely as this: none that is less likely is needed, even
        // when penalties push all that were spoken to the end.
        let needed = MOST + self.counts.len();
        let mut ordered = best_of.clone();
        let enough = if ordered.len() > needed {
            *ordered.select_nth_unstable_by(needed - 1, |a, b| b.total_cmp(a)).1
        } else {
            f32::NEG_INFINITY
        };
        let floor = best - REACH;
        let least = floor.max(enough);
        let mut top = Vec::with_capacity(1024);
        for (block, (tokens, &best)) in logits.chunks(BLOCK).zip(&best_of).enumerate() {
            if best >= least {
                let ids = (block * BLOCK) as i32..;
                top.extend(ids.zip(tokens.iter().copied()).filter(|token| token.1 >= least));
            }
        }
        for &id in self.counts.keys() {
            if let Some(&logit) = usize::try_from(id).ok().and_then(|id| logits.get(id))
                && (floor..least).contains(&logit)
            {
                top.push((id, logit));
            }
        }
        top
    }

    /// Remembers a token that was not drawn: one that a grammar forced.
    pub(super) fn take(&mut self, id: i32) {
        self.spoken.push(id);
        *self.counts.entry(id).or_default() += 1;
    }

    fn penalise(&self, top: &mut [(i32, f32)]) {
        let Sampling { repeat_penalty, frequency_penalty, presence_penalty, .. } = self.settings;
        for (id, logit) in top.iter_mut() {
            if let Some(&count) = self.counts.get(id) {
                *logit =
                    if *logit > 0.0 { *logit / repeat_penalty } else { *logit * repeat_penalty };
                *logit -= presence_penalty + frequency_penalty * count as f32;
            }
        }
        let Some(dry) = self.settings.dry else { return };
        let spoken = &self.spoken[self.spoken.len().saturating_sub(MEMORY)..];
        let mut lengths: HashMap<i32, usize> = HashMap::new();
        for at in 1..spoken.len() {
            // How much of what was just said was said before `at`, too; then what came at `at` would come again.
            let length = (1..=at)
                .take_while(|n| {
                    spoken[at - n] == spoken[spoken.len() - n] && *n < spoken.len() - at + 1
                })
                .count();
            let longest = lengths.entry(spoken[at]).or_default();
            *longest = (*longest).max(length);
        }
        for (id, logit) in top.iter_mut() {
            let length = lengths.get(id).copied().unwrap_or_default();
            if let Some(more) = length.checked_sub(dry.allowed as usize).filter(|_| length > 0) {
                *logit -= dry.multiplier * libm::powf(dry.base, more as f32);
            }
        }
    }

    /// Draws among the ordered candidates that `top_p` and `min_p` leave.
    fn among(&mut self, top: &[(i32, f32)]) -> i32 {
        let best = top[0].1;
        let weights: Vec<f32> =
            top.iter().map(|t| libm::expf((t.1 - best) / self.settings.temperature)).collect();
        let total: f32 = weights.iter().sum();
        let mut mass = 0.0;
        let kept = weights
            .iter()
            .take_while(|w| {
                let more = mass < self.settings.top_p * total && **w >= self.settings.min_p;
                mass += **w;
                more
            })
            .count()
            .max(1);
        let mut left = self.draw() * weights[..kept].iter().sum::<f32>();
        for (token, weight) in top.iter().zip(&weights[..kept]) {
            left -= weight;
            if left <= 0.0 {
                return token.0;
            }
        }
        top[kept - 1].0
    }
}

/// The greatest, in lanes that the processor compares side by side; a fold over `f32::max` waits for each before the
/// next.
fn greatest(logits: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (rows, rest) = logits.as_chunks::<LANES>();
    for row in rows {
        for (lane, &logit) in lanes.iter_mut().zip(row) {
            *lane = greater(*lane, logit);
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, greater)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dry;

    fn greedy() -> Sampling {
        Sampling { temperature: 0.0, repeat_penalty: 1.0, ..Sampling::default() }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let logits: Vec<f32> = (0..100).map(|i| ((i * 37) % 11) as f32 / 3.0).collect();
        let run = |seed| {
            let mut sampler = Sampler::new(Sampling { seed, ..Sampling::default() });
            (0..20).map(|_| sampler.pick(&logits)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn zero_temperature_is_greedy() {
        assert_eq!(Sampler::new(greedy()).pick(&[0.1, 3.0, 2.0]), 1);
    }

    /// What `pick` orders, found by looking at each token.
    fn looked_at_one_by_one(sampler: &Sampler, logits: &[f32]) -> Vec<(i32, f32)> {
        let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all = (0..).zip(logits.iter().copied());
        let mut top: Vec<(i32, f32)> = all.filter(|token| token.1 >= best - REACH).collect();
        finish(sampler, &mut top);
        top
    }

    fn finish(sampler: &Sampler, top: &mut Vec<(i32, f32)>) {
        sampler.penalise(top);
        top.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        top.truncate(MOST);
    }

    #[test]
    fn the_candidates_are_those_of_the_whole_vocabulary() {
        let mut noise = Sampler::new(Sampling { seed: 3, ..Sampling::default() });
        for (size, spoken, width) in
            [(5, 2, 3.0), (300, 40, 3.0), (70_001, 0, 60.0), (70_001, 900, 9.0)]
        {
            let logits: Vec<f32> = (0..size).map(|_| (noise.draw() - 0.5) * width).collect();
            let mut sampler = Sampler::new(Sampling {
                repeat_penalty: 1.3,
                presence_penalty: 5.0,
                ..Sampling::default()
            });
            // The likeliest were spoken, so that all of them fall behind.
            let mut ids: Vec<i32> = (0..size).collect();
            ids.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
            ids.iter().take(spoken).for_each(|id| sampler.take(*id));
            let mut top = sampler.candidates(&logits);
            finish(&sampler, &mut top);
            assert_eq!(top, looked_at_one_by_one(&sampler, &logits));
        }
    }

    #[test]
    fn min_p_leaves_out_the_unlikely() {
        let settings = Sampling { min_p: 0.5, top_p: 1.0, temperature: 1.0, ..greedy() };
        let mut sampler = Sampler::new(settings);
        let drawn: Vec<i32> = (0..200).map(|_| sampler.pick(&[1.0, 0.9, -1.0])).collect();
        assert!(drawn.contains(&0) && drawn.contains(&1) && !drawn.contains(&2));
    }

    #[test]
    fn penalties_move_on() {
        let mut sampler = Sampler::new(Sampling { presence_penalty: 2.0, ..greedy() });
        assert_eq!(sampler.pick(&[3.0, 2.0]), 0);
        assert_eq!(sampler.pick(&[3.0, 2.0]), 1);
        let mut sampler = Sampler::new(Sampling { frequency_penalty: 0.6, ..greedy() });
        let drawn: Vec<i32> = (0..4).map(|_| sampler.pick(&[3.0, 2.0])).collect();
        assert_eq!(drawn, [0, 0, 1, 0]);
    }

    #[test]
    fn dry_breaks_a_phrase_that_comes_again() {
        let dry = Dry { multiplier: 2.0, base: 2.0, allowed: 1 };
        let mut sampler = Sampler::new(Sampling { dry: Some(dry), ..greedy() });
        [5, 6, 7, 5, 6].into_iter().for_each(|token| sampler.take(token));
        let mut logits = vec![0.0; 9];
        (logits[7], logits[8]) = (3.0, 2.0);
        assert_eq!(sampler.pick(&logits), 8);
        let mut without = Sampler::new(greedy());
        [5, 6, 7, 5, 6].into_iter().for_each(|token| without.take(token));
        assert_eq!(without.pick(&logits), 7);
    }
}
