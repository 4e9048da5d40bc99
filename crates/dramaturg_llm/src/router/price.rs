//! What tokens cost.

use serde::{Deserialize, Serialize};

/// Tokens of one request, counted or estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Of the prompt, cached ones included.
    pub prompt: u32,
    /// How many of the prompt's were in a cache.
    pub cached: u32,
    /// Of the answer.
    pub completion: u32,
}

/// The price of a million tokens of each sort, in millionths of whatever currency the policy's author thinks in. Whole
/// numbers, so that sums are exact. Nothing costs nothing: a model of one's own.
///
/// ```
/// use dramaturg_llm::{Price, router::Tokens};
/// let price = Price { prompt: 150_000, cached: 15_000, completion: 600_000 };
/// // 200 fresh, 800 cached, 100 written: 30 + 12 + 60 millionths.
/// assert_eq!(price.of(Tokens { prompt: 1000, cached: 800, completion: 100 }), 102);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of the prompt's tokens that were in no cache.
    pub prompt: u64,
    /// Of the prompt's tokens that were.
    pub cached: u64,
    /// Of the answer's tokens.
    pub completion: u64,
}

impl Price {
    /// The cost in millionths of the currency, rounded up once for each request.
    pub fn of(&self, tokens: Tokens) -> u64 {
        let cached = tokens.cached.min(tokens.prompt);
        let part = |price: u64, tokens: u32| u128::from(price) * u128::from(tokens);
        let whole = part(self.prompt, tokens.prompt - cached)
            .saturating_add(part(self.cached, cached))
            .saturating_add(part(self.completion, tokens.completion));
        u64::try_from(whole.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
    /// Whether nothing is ever charged.
    pub fn is_free(&self) -> bool {
        *self == Self::default()
    }
}

/// A guess at the tokens of a text, right within a quarter for English and Chinese.
pub(super) fn estimate(text: &str) -> u32 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    // A Chinese character is about a token; other letters beyond ASCII are fewer, which errs on the dear side.
    let other = text.chars().filter(|c| !c.is_ascii()).count();
    u32::try_from(ascii.div_ceil(4) + other).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_neither_overflow_nor_vanish() {
        let most = Price { prompt: u64::MAX, cached: u64::MAX, completion: u64::MAX };
        let tokens = Tokens { prompt: u32::MAX, cached: u32::MAX, completion: u32::MAX };
        assert_eq!(most.of(tokens), u64::MAX);
        let least = Price { prompt: 1, ..Price::default() };
        assert_eq!(least.of(Tokens { prompt: 1, cached: 0, completion: 0 }), 1);
        // A backend that claims more cached than there were.
        assert_eq!(least.of(Tokens { prompt: 1, cached: 9, completion: 0 }), 0);
        assert_eq!(Price::default().of(tokens), 0);
    }

    #[test]
    fn tokens_are_guessed_in_both_scripts() {
        assert_eq!(estimate("Whose coat is that?"), 5);
        assert_eq!(estimate("那是谁的外套？"), 7);
        assert_eq!(estimate(""), 0);
    }
}
