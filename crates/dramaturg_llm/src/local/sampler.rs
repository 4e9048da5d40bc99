//! Draws tokens: temperature, top-p and repeat penalty with a generator of our own, so that a seed means the same
//! everywhere.

use crate::Sampling;

pub(super) struct Sampler {
    settings: Sampling,
    state: u64,
    spoken: Vec<i32>,
}

impl Sampler {
    pub(super) fn new(settings: Sampling) -> Self {
        let state = u64::from(settings.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self { settings, state, spoken: Vec::new() }
    }

    /// xorshift64* (Vigna 2016), uniform in 0..1.
    fn draw(&mut self) -> f32 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        bits as f32 / (1u64 << 24) as f32
    }

    pub(super) fn pick(&mut self, logits: &[f32]) -> i32 {
        let mut top: Vec<(i32, f32)> = Vec::with_capacity(64);
        let penalised = |id: i32, logit: f32| {
            if self.settings.repeat_penalty == 1.0 || !self.spoken.contains(&id) {
                logit
            } else if logit > 0.0 {
                logit / self.settings.repeat_penalty
            } else {
                logit * self.settings.repeat_penalty
            }
        };
        // Only the forty best can matter; a partial sort over a vocabulary of 150,000 is the cheap way.
        let mut ranked: Vec<(i32, f32)> =
            logits.iter().enumerate().map(|(i, &l)| (i as i32, penalised(i as i32, l))).collect();
        let keep = 40.min(ranked.len().saturating_sub(1));
        ranked.select_nth_unstable_by(keep, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        top.extend_from_slice(&ranked[..=keep]);
        top.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let id = if self.settings.temperature <= 0.0 { top[0].0 } else { self.nucleus(&top) };
        self.spoken.push(id);
        id
    }

    fn nucleus(&mut self, top: &[(i32, f32)]) -> i32 {
        let best = top[0].1;
        let weights: Vec<f32> =
            top.iter().map(|t| libm::expf((t.1 - best) / self.settings.temperature)).collect();
        let total: f32 = weights.iter().sum();
        let mut mass = 0.0;
        let kept = weights
            .iter()
            .take_while(|w| {
                let more = mass < self.settings.top_p * total;
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut sampler =
            Sampler::new(Sampling { temperature: 0.0, repeat_penalty: 1.0, ..Sampling::default() });
        assert_eq!(sampler.pick(&[0.1, 3.0, 2.0]), 1);
    }
}
