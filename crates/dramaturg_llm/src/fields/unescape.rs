//! The text of a JSON string while it comes.

/// Takes what stands between the quotes, character by character.
#[derive(Default)]
pub(super) struct Unescape {
    text: String,
    /// Bytes of the text that have been handed out.
    shown: usize,
    escape: Escape,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

#[derive(Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Number {
        digits: u8,
        value: u32,
    },
}

impl Unescape {
    /// Takes a character; true when it is the closing quote.
    pub(super) fn push(&mut self, c: char) -> Result<bool, String> {
        match self.escape {
            Escape::None if c == '"' => {
                self.lone();
                return Ok(true);
            }
            Escape::None if c == '\\' => self.escape = Escape::Begun,
            Escape::None => self.write(c),
            Escape::Begun => {
                self.escape = Escape::None;
                match c {
                    '"' | '\\' | '/' => self.write(c),
                    'n' => self.write('\n'),
                    't' => self.write('\t'),
                    'r' => self.write('\r'),
                    'b' => self.write('\u{8}'),
                    'f' => self.write('\u{c}'),
                    'u' => self.escape = Escape::Number { digits: 0, value: 0 },
                    _ => return Err(format!("there is no escape '\\{c}'")),
                }
            }
            Escape::Number { digits, value } => {
                let digit = c.to_digit(16).ok_or_else(|| format!("'{c}' is no hex digit"))?;
                let value = value * 16 + digit;
                if digits < 3 {
                    self.escape = Escape::Number { digits: digits + 1, value };
                } else {
                    self.escape = Escape::None;
                    self.unit(value);
                }
            }
        }
        Ok(false)
    }

    /// A UTF-16 unit.
    fn unit(&mut self, unit: u32) {
        match (self.high, unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                self.high = None;
                let code = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                self.text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            (_, 0xd800..=0xdbff) => {
                self.lone();
                self.high = Some(unit);
            }
            _ => self.write(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    fn write(&mut self, c: char) {
        self.lone();
        self.text.push(c);
    }

    /// Half a pair, without the other half, is no character.
    fn lone(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    /// What has come since the last time, if anything has.
    pub(super) fn fresh(&mut self) -> Option<String> {
        let fresh = self.text.get(self.shown..).filter(|fresh| !fresh.is_empty())?.to_owned();
        self.shown = self.text.len();
        Some(fresh)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
