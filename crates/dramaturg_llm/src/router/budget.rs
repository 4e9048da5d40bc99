//! What may be spent, what is, and what is promised to requests under way.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What may be spent, in the prices' millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// By each character within the session.
    pub character: Limit,
    /// Within the session.
    pub session: Limit,
    /// On each day, over all sessions that the ledger knows.
    pub day: Limit,
}

/// Two thresholds; none unless said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limit {
    /// Above it cheaper tiers come first.
    pub soft: Option<u64>,
    /// Nothing that might go above it is asked.
    pub hard: Option<u64>,
}

/// Whose limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// The character's.
    Character,
    /// The session's.
    Session,
    /// The day's.
    Day,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Character => "character",
            Self::Session => "session",
            Self::Day => "day",
        })
    }
}

/// Whether an amount may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Within,
    AboveSoft(Scope),
    AboveHard(Scope),
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    spent: u64,
    /// Promised to requests under way.
    reserved: u64,
}

impl Account {
    fn with(&self, amount: u64) -> u64 {
        self.spent.saturating_add(self.reserved).saturating_add(amount)
    }
}

/// An amount promised to one request. Give it back to [`Budget::settle`].
#[derive(Debug)]
pub(super) struct Reservation {
    character: String,
    day: u32,
    pub(super) amount: u64,
}

/// The accounts.
#[derive(Debug, Default)]
pub(super) struct Budget {
    limits: Budgets,
    session: Account,
    characters: BTreeMap<String, Account>,
    days: BTreeMap<u32, Account>,
}

impl Budget {
    /// Accounts for a new session; `days` is what earlier ones spent.
    pub(super) fn new(limits: Budgets, days: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let account = |(day, spent)| (day, Account { spent, reserved: 0 });
        Self { limits, days: days.into_iter().map(account).collect(), ..Self::default() }
    }

    /// Forgets what the session and its characters spent. What is promised stays promised.
    pub(super) fn new_session(&mut self) {
        self.session.spent = 0;
        self.characters.values_mut().for_each(|account| account.spent = 0);
        self.characters.retain(|_, account| account.reserved > 0);
    }

    /// Whether `amount` may be spent. What costs nothing always may: a conversation goes on.
    pub(super) fn standing(&self, character: &str, day: u32, amount: u64) -> Standing {
        if amount == 0 {
            return Standing::Within;
        }
        let mut standing = Standing::Within;
        let accounts = [
            (Scope::Day, self.limits.day, self.days.get(&day)),
            (Scope::Session, self.limits.session, Some(&self.session)),
            (Scope::Character, self.limits.character, self.characters.get(character)),
        ];
        for (scope, limit, account) in accounts {
            // Work for nobody in particular is no character's.
            if scope == Scope::Character && character.is_empty() {
                continue;
            }
            let would_be = account.copied().unwrap_or_default().with(amount);
            if limit.hard.is_some_and(|hard| would_be > hard) {
                return Standing::AboveHard(scope);
            }
            if limit.soft.is_some_and(|soft| would_be > soft) {
                standing = Standing::AboveSoft(scope);
            }
        }
        standing
    }

    /// Promises an amount, before anything is asked.
    pub(super) fn reserve(&mut self, character: &str, day: u32, amount: u64) -> Reservation {
        let reservation = Reservation { character: character.to_owned(), day, amount };
        self.each(&reservation, |account| {
            account.reserved = account.reserved.saturating_add(amount)
        });
        reservation
    }

    /// Puts what it really cost in the place of what was promised.
    pub(super) fn settle(&mut self, reservation: Reservation, cost: u64) {
        self.each(&reservation, |account| {
            account.reserved = account.reserved.saturating_sub(reservation.amount);
            account.spent = account.spent.saturating_add(cost);
        });
    }

    fn each(&mut self, reservation: &Reservation, mut change: impl FnMut(&mut Account)) {
        change(&mut self.session);
        change(self.characters.entry(reservation.character.clone()).or_default());
        change(self.days.entry(reservation.day).or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits(hard: u64) -> Budgets {
        let limit = Limit { soft: Some(hard / 2), hard: Some(hard) };
        Budgets { character: limit, session: limit, day: limit }
    }

    #[test]
    fn the_soft_limit_comes_before_the_hard_one() {
        let mut budget = Budget::new(limits(100), []);
        assert_eq!(budget.standing("aino", 1, 50), Standing::Within);
        assert!(matches!(budget.standing("aino", 1, 51), Standing::AboveSoft(_)));
        let promised = budget.reserve("aino", 1, 80);
        assert!(matches!(budget.standing("aino", 1, 21), Standing::AboveHard(_)));
        assert_eq!(budget.standing("aino", 1, 0), Standing::Within);
        budget.settle(promised, 10);
        assert!(matches!(budget.standing("aino", 1, 90), Standing::AboveSoft(_)));
    }

    #[test]
    fn days_before_count_and_a_new_session_starts_from_nothing() {
        let mut limits = limits(100);
        limits.day.hard = Some(150);
        let mut budget = Budget::new(limits, [(7, 100)]);
        assert_eq!(budget.standing("aino", 7, 51), Standing::AboveHard(Scope::Day));
        let promised = budget.reserve("aino", 8, 90);
        budget.settle(promised, 90);
        assert_eq!(budget.standing("aino", 9, 20), Standing::AboveHard(Scope::Session));
        budget.new_session();
        assert_eq!(budget.standing("aino", 9, 20), Standing::Within);
        assert_eq!(budget.standing("aino", 8, 80), Standing::AboveHard(Scope::Day));
    }

    proptest! {
        /// As long as nothing costs more than was promised, no limit is passed, however many requests are under way.
        #[test]
        fn hard_limits_hold(
            hard in 1_u64..1000,
            steps in prop::collection::vec((0_u8..3, 1_u64..300, 0_u64..=100, any::<bool>()), 1..80),
        ) {
            let mut budget = Budget::new(limits(hard), []);
            let mut running = Vec::new();
            let (mut session, mut by_character) = (0_u64, BTreeMap::<String, u64>::new());
            for (who, amount, share, ends) in steps {
                let character = format!("npc{who}");
                if !matches!(budget.standing(&character, 1, amount), Standing::AboveHard(_)) {
                    running.push((budget.reserve(&character, 1, amount), share));
                }
                if ends && !running.is_empty() {
                    let (reservation, share) = running.remove(0);
                    let cost = reservation.amount * share / 100;
                    session += cost;
                    *by_character.entry(reservation.character.clone()).or_default() += cost;
                    budget.settle(reservation, cost);
                }
                prop_assert!(session <= hard);
                prop_assert!(by_character.values().all(|spent| *spent <= hard));
            }
        }

        /// Costs that nobody foresaw pass the limit by the request under way at the most.
        #[test]
        fn one_surprise_at_the_most(
            hard in 1_u64..1000,
            steps in prop::collection::vec((1_u64..300, 0_u64..900), 1..80),
        ) {
            let mut budget = Budget::new(limits(hard), []);
            let mut spent = 0;
            for (amount, cost) in steps {
                if let Standing::AboveHard(_) = budget.standing("aino", 1, amount) {
                    continue;
                }
                prop_assert!(spent <= hard, "nothing is asked above the limit");
                let reservation = budget.reserve("aino", 1, amount);
                budget.settle(reservation, cost);
                spent += cost;
            }
            prop_assert!(spent <= hard + 900);
        }
    }
}
