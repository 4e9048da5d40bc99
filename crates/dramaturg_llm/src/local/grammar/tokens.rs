//! The vocabulary as llguidance wants it, and a tokenizer for what the grammar forces.

use toktrie::{TokTrie, TokenId, TokenizerEnv};

/// The tokens of a model.
pub(super) struct Tokens(pub(super) TokTrie);

impl TokenizerEnv for Tokens {
    fn tok_trie(&self) -> &TokTrie {
        &self.0
    }
    /// Keys, closed sets and punctuation. They should be in the tokens that the model would write itself, or it reads
    /// what it has never seen: words are split off as usual, then those neighbours join whose token has the lowest
    /// number, for vocabularies are numbered in the order in which their merges were learnt.
    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            // Begins within a character.
            return self.0.greedy_tokenize(bytes);
        };
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(word(rest));
            match self.merge(word) {
                Some(merged) => tokens.extend(merged),
                None => tokens.extend(self.0.greedy_tokenize(word.as_bytes())),
            }
            rest = after;
        }
        tokens
    }
}

impl Tokens {
    /// None when a byte has no token.
    fn merge(&self, word: &str) -> Option<Vec<TokenId>> {
        let id = |bytes: &[u8]| self.0.token_id_at_bytes(bytes);
        let mut parts: Vec<(&[u8], TokenId)> = Vec::with_capacity(word.len());
        let (mut rest, bytes) = (word.as_bytes(), word.len());
        for c in word.chars() {
            let (whole, after) = rest.split_at(c.len_utf8());
            match id(whole) {
                Some(token) => parts.push((whole, token)),
                None => {
                    for byte in whole.chunks(1) {
                        parts.push((byte, id(byte)?));
                    }
                }
            }
            rest = after;
        }
        // At most as many merges as bytes; words are short, so that each may look at all pairs.
        for _ in 0..bytes {
            let mut begin = 0;
            let mut best: Option<(TokenId, usize, &[u8])> = None;
            for (i, pair) in parts.windows(2).enumerate() {
                let end = begin + pair[0].0.len() + pair[1].0.len();
                let joined = &word.as_bytes()[begin..end];
                if let Some(token) = id(joined)
                    && best.is_none_or(|(lowest, ..)| token < lowest)
                {
                    best = Some((token, i, joined));
                }
                begin += pair[0].0.len();
            }
            let Some((token, i, joined)) = best else { break };
            parts[i] = (joined, token);
            parts.remove(i + 1);
        }
        Some(parts.into_iter().map(|part| part.1).collect())
    }
}

/// Bytes of the first word: letters with one other character before them, digits, blanks, or other characters.
fn word(text: &str) -> usize {
    #[derive(PartialEq)]
    enum Class {
        Letter,
        Digit,
        Blank,
        Other,
    }
    let class = |c: char| match c {
        c if c.is_alphabetic() => Class::Letter,
        c if c.is_numeric() => Class::Digit,
        c if c.is_whitespace() => Class::Blank,
        _ => Class::Other,
    };
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let second = chars.next().map(class);
    let (skip, wanted) = match (class(first), second) {
        (Class::Blank | Class::Other, Some(Class::Letter)) => (first.len_utf8(), Class::Letter),
        (Class::Blank, Some(Class::Other)) => (first.len_utf8(), Class::Other),
        (first, _) => (0, first),
    };
    let end = text[skip..].find(|c| class(c) != wanted);
    end.map_or(text.len(), |end| skip + end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use toktrie::TokRxInfo;

    #[test]
    fn neighbours_join_in_the_order_of_their_tokens() {
        let mut pieces: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
        for word in
            ["oo", "ood", "mo", "\":", "\":\"", "re", "ed", "{\"", "d\"", " r", " re", " red"]
        {
            pieces.push(word.as_bytes().to_vec());
        }
        let tokens = Tokens(TokTrie::from(&TokRxInfo::new(pieces.len() as u32, 0), &pieces));
        let split = |text: &str| -> Vec<String> {
            let ids = tokens.tokenize_bytes(text.as_bytes());
            let text = |id: &u32| String::from_utf8_lossy(&pieces[*id as usize]).into_owned();
            ids.iter().map(text).collect()
        };
        assert_eq!(
            split("{\"mood\":\"bad red"),
            ["{\"", "m", "ood", "\":\"", "b", "a", "d", " red"]
        );
        assert_eq!(split(""), [""; 0]);
        assert_eq!(tokens.tokenize_bytes("雾1".as_bytes()).len(), 4);
        assert_eq!(tokens.tokenize_bytes(b"\xbe1"), [0xbe, u32::from(b'1')]);
    }
}
