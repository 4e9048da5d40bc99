//! What people say in passing: authored lines, chosen by what they do, when, in what mood, who is near and what they want.

use crate::Emotion;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line that somebody says to nobody in particular. What is not written is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bark {
    /// During this activity (`walking` and `waiting` are two); during any, if there is none.
    #[serde(default)]
    pub activity: Option<String>,
    /// From this hour on, until before that one; over midnight where the second is smaller.
    #[serde(default)]
    pub hours: Option<(u8, u8)>,
    /// With this face.
    #[serde(default)]
    pub face: Option<Emotion>,
    /// Said by somebody of this role.
    #[serde(default)]
    pub role: Option<String>,
    /// Near somebody of this role.
    #[serde(default)]
    pub near: Option<String>,
    /// While this need is wanting.
    #[serde(default)]
    pub wants: Option<String>,
    /// The words, by language.
    pub words: BTreeMap<String, String>,
}

/// What is so when somebody might speak up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Situation<'a> {
    /// What is done.
    pub activity: &'a str,
    /// The hour of the day.
    pub hour: u8,
    /// The face.
    pub face: Emotion,
    /// Whose line it is.
    pub role: &'a str,
    /// Roles of those who are near.
    pub near: &'a [&'a str],
    /// Needs that are wanting.
    pub wants: &'a [&'a str],
    /// What others have said a moment ago, the last one last: not said again while there is anything else.
    pub lately: &'a [u16],
}

/// What is wrong with some barks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BarkError {
    /// A line without words.
    #[error("bark {number} has no words in '{locale}': give it some, since the first bark has")]
    Mute {
        /// Which, from 1.
        number: usize,
        /// The language that lacks.
        locale: String,
    },
    /// An hour that no clock shows.
    #[error("bark {0} is of an hour above 24")]
    Hour(usize),
    /// There are more than numbers for them.
    #[error("there are more than 65,535 barks")]
    TooMany,
}

/// All lines of a town.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Bark>", into = "Vec<Bark>")]
pub struct Barks(Vec<Bark>);

impl TryFrom<Vec<Bark>> for Barks {
    type Error = BarkError;
    fn try_from(all: Vec<Bark>) -> Result<Self, BarkError> {
        Self::new(all)
    }
}
impl From<Barks> for Vec<Bark> {
    fn from(barks: Barks) -> Self {
        barks.0
    }
}

/// What somebody has said in passing, so that it is not said again before all else was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heard(Vec<u16>);

impl Heard {
    /// The number of the last line.
    pub fn last(&self) -> Option<u16> {
        self.0.last().copied()
    }
}

impl Barks {
    /// Lines that are there in each language of the first one.
    ///
    /// # Errors
    /// [`BarkError`] says which is not.
    pub fn new(all: Vec<Bark>) -> Result<Self, BarkError> {
        let locales: Vec<&String> =
            all.first().map(|b| b.words.keys().collect()).unwrap_or_default();
        for (number, bark) in (1..).zip(&all) {
            let mute =
                |locale: &&&String| bark.words.get(**locale).is_none_or(|w| w.trim().is_empty());
            if let Some(locale) = locales.iter().find(mute) {
                return Err(BarkError::Mute { number, locale: (*locale).clone() });
            }
            if bark.hours.is_some_and(|(from, until)| from > 24 || until > 24) {
                return Err(BarkError::Hour(number));
            }
        }
        if all.len() > usize::from(u16::MAX) { Err(BarkError::TooMany) } else { Ok(Self(all)) }
    }
    /// Chooses a line that fits: one that was not said while there are such, the more particular ones sooner, else any but the last
    /// one. The same seed chooses the same line.
    pub fn choose(&self, now: &Situation, heard: &mut Heard, seed: u64) -> Option<&Bark> {
        let fitting: Vec<(u16, &Bark)> =
            (0..).zip(&self.0).filter(|(_, bark)| bark.fits(now)).collect();
        let fresh = |heard: &Heard| -> Vec<(u16, &Bark)> {
            fitting.iter().filter(|(number, _)| !heard.0.contains(number)).copied().collect()
        };
        let mut open = fresh(heard);
        if open.is_empty() {
            let last = heard.0.last().copied();
            heard
                .0
                .retain(|number| Some(*number) == last || !fitting.iter().any(|f| f.0 == *number));
            open = fresh(heard);
        }
        // What was said longest ago, where all was said a moment ago.
        let lately = (0..now.lately.len()).filter_map(|from| now.lately.get(from..));
        let fresher = lately.map(|said| open.iter().filter(|(number, _)| !said.contains(number)));
        let fresher = fresher.map(|lines| lines.copied().collect::<Vec<_>>());
        if let Some(fresher) = fresher.into_iter().find(|lines| !lines.is_empty()) {
            open = fresher;
        }
        // Lots: one for a line, two more for each thing that it asks for.
        let lots: u64 = open.iter().map(|(_, bark)| bark.lots()).sum();
        let mut lot = mixed(seed).checked_rem(lots)?;
        let (number, bark) = open.into_iter().find(|(_, bark)| {
            let drawn = lot < bark.lots();
            lot = lot.saturating_sub(bark.lots());
            drawn
        })?;
        heard.0.push(number);
        Some(bark)
    }
}

impl Bark {
    /// The words in a language; else in the first there is.
    pub fn text(&self, locale: &str) -> &str {
        self.words.get(locale).or(self.words.values().next()).map_or("", String::as_str)
    }
    fn fits(&self, now: &Situation) -> bool {
        let is = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|w| w == has);
        let among = |wanted: &Option<String>, have: &[&str]| {
            wanted.as_deref().is_none_or(|w| have.contains(&w))
        };
        let hour = self.hours.is_none_or(|(from, until)| {
            if from <= until {
                (from..until).contains(&now.hour)
            } else {
                now.hour >= from || now.hour < until
            }
        });
        hour && is(&self.activity, now.activity)
            && is(&self.role, now.role)
            && self.face.is_none_or(|face| face == now.face)
            && among(&self.near, now.near)
            && among(&self.wants, now.wants)
    }
    fn lots(&self) -> u64 {
        let asks = [&self.activity, &self.role, &self.near, &self.wants];
        let asks = asks.into_iter().flatten().count()
            + usize::from(self.hours.is_some())
            + usize::from(self.face.is_some());
        1 + 2 * asks as u64
    }
}

/// SplitMix64's finaliser: neighbouring seeds have nothing in common.
fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bark(activity: Option<&str>, text: &str) -> Bark {
        let words =
            BTreeMap::from([("en".into(), text.into()), ("zh".into(), format!("{text}。"))]);
        Bark { activity: activity.map(Into::into), words, ..Bark::default() }
    }

    proptest! {
        #[test]
        fn all_are_heard_before_one_comes_again_and_none_comes_twice_running(
            lines in 1usize..9, seeds in prop::collection::vec(any::<u64>(), 1..60)
        ) {
            let barks = Barks::new((0..lines).map(|n| bark(None, &n.to_string())).collect()).unwrap();
            let mut heard = Heard::default();
            let mut said: Vec<String> = Vec::new();
            for seed in seeds {
                let line = barks.choose(&Situation::default(), &mut heard, seed);
                match line {
                    Some(line) => {
                        prop_assert!(said.last().map(String::as_str) != Some(line.text("en")));
                        said.push(line.text("en").to_owned());
                    }
                    None => prop_assert!(lines == 1 && said.len() == 1),
                }
            }
            let mut first: Vec<_> = said.iter().take(lines).collect();
            first.sort();
            first.dedup();
            prop_assert_eq!(first.len(), said.len().min(lines));
        }
    }

    #[test]
    fn a_line_is_said_where_all_that_it_asks_for_is_so() {
        let mut night = bark(Some("walking"), "Late, this.");
        night.hours = Some((22, 5));
        night.near = Some("guard".into());
        night.face = Some(Emotion::Afraid);
        let barks = Barks::new(vec![night]).unwrap();
        let fits = Situation {
            activity: "walking",
            hour: 23,
            face: Emotion::Afraid,
            near: &["child", "guard"],
            ..Situation::default()
        };
        let said =
            |now: Situation| barks.choose(&now, &mut Heard::default(), 1).map(|b| b.text("zh"));
        assert_eq!(said(fits), Some("Late, this.。"));
        assert_eq!(said(Situation { hour: 4, ..fits }), Some("Late, this.。"));
        for other in [
            Situation { hour: 5, ..fits },
            Situation { activity: "waiting", ..fits },
            Situation { near: &["child"], ..fits },
            Situation { face: Emotion::Glad, ..fits },
        ] {
            assert_eq!(said(other), None);
        }
    }

    #[test]
    fn what_a_neighbour_said_a_moment_ago_is_not_said_again() {
        let barks = Barks::new(["a", "b"].map(|text| bark(None, text)).to_vec()).unwrap();
        for seed in 0..50 {
            let mut heard = Heard::default();
            let now = Situation { lately: &[0], ..Situation::default() };
            assert_eq!(barks.choose(&now, &mut heard, seed).unwrap().text("en"), "b");
            assert_eq!(heard.last(), Some(1));
            let now = Situation { lately: &[0, 1], ..Situation::default() };
            assert_eq!(barks.choose(&now, &mut Heard::default(), seed).unwrap().text("en"), "a");
            // There is nothing else.
            assert_eq!(barks.choose(&now, &mut heard, seed).unwrap().text("en"), "a");
        }
    }

    #[test]
    fn a_line_that_a_language_lacks_is_refused() {
        let mut mute = bark(None, "b");
        mute.words.remove("zh");
        let refused = Barks::new(vec![bark(None, "a"), mute]);
        assert_eq!(refused, Err(BarkError::Mute { number: 2, locale: "zh".into() }));
    }
}
