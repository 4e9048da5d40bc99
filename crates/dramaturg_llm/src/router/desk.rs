//! Who is asked next: the policy applied to what is known of tiers, budgets and the request.

use super::budget::{Budget, Reservation, Standing};
use super::difficulty::Difficulty;
use super::health::TierHealth;
use super::ledger::{Ledger, LedgerEntry};
use super::moment::Moment;
use super::news::{News, Newsstand};
use super::policy::{Cascade, Policy};
use super::price::{Price, Tokens};
use super::why::{Because, Note, Outcome, Why};
use crate::{DoneBy, Kind, LanguageModel, ModelError, Scoring, Work};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What a decision goes by.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) number: u64,
    pub(super) work: Work,
    pub(super) difficulty: Difficulty,
    /// Estimates; the answer's is its upper bound.
    pub(super) tokens: Tokens,
    pub(super) scores: bool,
    pub(super) tools: bool,
    pub(super) schema: bool,
}

/// The tiers that are still to be asked, and the story so far.
#[derive(Debug)]
pub(super) struct Route {
    candidates: VecDeque<usize>,
    why: Why,
    /// None also where money is short: an answer that is there is not improved for more money.
    pub(super) cascade: Option<Cascade>,
}

/// A tier that is being asked.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) tier: usize,
    pub(super) began: Moment,
    pub(super) give_up: Option<Duration>,
    /// Who does it, where the backend tells.
    pub(super) done_by: DoneBy,
    reservation: Reservation,
    why: Why,
}

/// How it stands with a tier's model.
pub(super) enum Stand {
    There(Arc<dyn LanguageModel>),
    NotThere,
    Opening,
    /// Can't be opened, for this reason.
    Failed(String),
}

/// What is known of an attempt at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) tokens: Tokens,
    pub(super) estimated: bool,
    pub(super) first_word: Option<Duration>,
}

/// All that decisions go by and change. One lock holds it, for microseconds.
pub(super) struct Desk {
    pub(super) policy: Policy,
    pub(super) stands: Vec<Stand>,
    pub(super) health: Vec<TierHealth>,
    pub(super) budget: Budget,
    pub(super) ledger: Ledger,
    /// Of this session alone, in sums.
    pub(super) session: Ledger,
    /// Entries that are to be written to disk, where a ledger is kept there.
    pub(super) unwritten: Option<Vec<LedgerEntry>>,
    pub(super) news: Newsstand,
    /// The tier that spoke last.
    speaker: Option<usize>,
    /// Nothing is asked any more.
    pub(super) closed: bool,
}

impl Desk {
    pub(super) fn new(policy: Policy, stands: Vec<Stand>, ledger: Ledger) -> Self {
        let spent = ledger.days().iter().map(|(day, sum)| (*day, sum.cost));
        let budget = Budget::new(policy.budgets, spent);
        let health = policy.tiers.iter().map(|tier| TierHealth::new(tier.first_word_ms)).collect();
        Self {
            policy,
            stands,
            health,
            budget,
            ledger,
            session: Ledger::keeping(0),
            unwritten: None,
            news: Newsstand::default(),
            speaker: None,
            closed: false,
        }
    }

    pub(super) fn model(&self, tier: usize) -> Option<&Arc<dyn LanguageModel>> {
        match &self.stands[tier] {
            Stand::There(model) => Some(model),
            _ => None,
        }
    }

    fn enter(&mut self, entry: LedgerEntry) {
        self.session.enter(entry.clone());
        if let Some(unwritten) = &mut self.unwritten {
            unwritten.push(entry.clone());
        }
        self.ledger.enter(entry);
    }

    /// The order in which tiers come into question.
    pub(super) fn route(&self, facts: &Facts, now: Moment) -> Route {
        let work = &facts.work;
        let wanted = work.deadline.unwrap_or_else(|| self.policy.latency_ms.wanted(work.priority));
        let rule = self
            .policy
            .rules
            .iter()
            .find(|rule| rule.holds(work.kind, work.priority, facts.difficulty.value, wanted));
        let mut why = Why { difficulty: facts.difficulty.clone(), ..Why::default() };
        let mut order: Vec<usize> = (0..self.policy.tiers.len()).collect();
        if let Some(rule) = rule {
            why.rule = Some(rule.name.clone());
            let place = |name: &String| self.policy.tiers.iter().position(|t| t.name == *name);
            order = rule.take.iter().filter_map(place).collect();
        }
        let mut cascade = rule.and_then(|rule| rule.cascade);
        let slow = |tier: &usize| self.health[*tier].first_word.is_some_and(|first| first > wanted);
        if order.first().is_some_and(slow) && !order.iter().all(slow) {
            order.sort_by_key(slow);
            why.notes.push(Note::FasterFirst);
        }
        let (mut soft, mut short) = (None, false);
        for tier in &order {
            match self.budget.standing(&work.character, now.day, self.most(*tier, facts)) {
                Standing::Within => {}
                Standing::AboveSoft(scope) => soft = soft.or(Some(scope)),
                // It is passed over when its turn comes; that the others are cheaper goes without saying.
                Standing::AboveHard(_) => short = true,
            }
        }
        if let Some(scope) = soft {
            order.sort_by_key(|tier| self.most(*tier, facts));
            why.notes.push(Note::CheaperFirst(scope));
        }
        if soft.is_some() || short {
            cascade = None;
        }
        Route { candidates: order.into(), why, cascade }
    }

    /// The next tier that can be asked, with its price put aside.
    pub(super) fn next(
        &mut self,
        route: &mut Route,
        facts: &Facts,
        now: Moment,
    ) -> Option<Attempt> {
        while let Some(tier) = route.candidates.pop_front() {
            if let Err(because) = self.admits(tier, facts, now) {
                let tier = self.policy.tiers[tier].name.clone();
                route.why.notes.push(Note::PassedOver { tier, because });
                continue;
            }
            let most = self.most(tier, facts);
            let reservation = self.budget.reserve(&facts.work.character, now.day, most);
            let give_up = self.policy.tiers[tier].give_up_ms.map(Duration::from_millis);
            return Some(Attempt {
                tier,
                began: now,
                give_up,
                done_by: DoneBy::default(),
                reservation,
                why: route.why.clone(),
            });
        }
        None
    }

    fn admits(&self, tier: usize, facts: &Facts, now: Moment) -> Result<(), Because> {
        let unable = |what: &str| Err(Because::Unable(what.to_owned()));
        let told = &self.policy.tiers[tier];
        let model = match &self.stands[tier] {
            Stand::There(model) => model,
            Stand::NotThere => return Err(Because::NotThere),
            Stand::Opening => return Err(Because::Opening),
            Stand::Failed(why) => return Err(Because::NotOpened(why.clone())),
        };
        if facts.scores && model.scoring() == Scoring::No {
            return unable("score a closed set");
        }
        if facts.tools && !told.tools {
            return unable("call tools");
        }
        if facts.schema && !told.schema {
            return unable("keep to a schema");
        }
        let length = facts.tokens.prompt.saturating_add(facts.tokens.completion);
        if told.context_tokens.is_some_and(|most| length > most) {
            return Err(Because::TooLong);
        }
        if let Some(pause) = self.health[tier].pause(now) {
            let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            return Err(Because::Failing { pause_ms });
        }
        match self.budget.standing(&facts.work.character, now.day, self.most(tier, facts)) {
            Standing::AboveHard(scope) => Err(Because::Budget(scope)),
            Standing::Within | Standing::AboveSoft(_) => Ok(()),
        }
    }

    /// The model that would be asked first, if it is nobody's expense to warm it.
    pub(super) fn warmed(&self, facts: &Facts, now: Moment) -> Option<&Arc<dyn LanguageModel>> {
        let able = |tier: &usize| self.admits(*tier, facts, now).is_ok();
        let first = self.route(facts, now).candidates.into_iter().find(able)?;
        let free = self.policy.tiers[first].price().is_free();
        self.model(first).filter(|_| free)
    }

    /// The most that a request may cost there: nothing cached, all words written, a quarter more tokens than guessed.
    fn most(&self, tier: usize, facts: &Facts) -> u64 {
        let prompt = facts.tokens.prompt.saturating_add(facts.tokens.prompt / 4);
        let price = self.policy.tiers[tier].price();
        // Whatever share of it turns out to be cached.
        let price = Price { prompt: price.prompt.max(price.cached), ..price };
        price.of(Tokens { prompt, cached: 0, ..facts.tokens })
    }

    /// Books an attempt that is over.
    pub(super) fn settle(
        &mut self,
        attempt: Attempt,
        route: &mut Route,
        facts: &Facts,
        seen: Seen,
        outcome: Outcome,
        now: Moment,
    ) {
        let Attempt { tier, began, reservation, why, done_by, .. } = attempt;
        let cost = self.policy.tiers[tier].price().of(seen.tokens);
        self.budget.settle(reservation, cost);
        self.health[tier].learn(&outcome, seen.first_word, now, self.policy.health);
        let name = self.policy.tiers[tier].name.clone();
        let note = Note::After { tier: name.clone(), outcome: outcome.clone() };
        route.why.notes.push(note);
        let endpoint = done_by.name();
        if let Some(name) = &endpoint {
            facts.work.done_by.tell(name);
        }
        if outcome == Outcome::Answered && !facts.scores && facts.work.kind == Kind::Speak {
            let before = self.speaker.replace(tier);
            if let Some(before) = before.filter(|before| *before != tier) {
                let before = self.policy.tiers[before].name.clone();
                self.news.put(News::Speaks { tier: name.clone(), before, why: why.clone() });
            }
        }
        self.enter(LedgerEntry {
            request: facts.number,
            day: began.day,
            character: facts.work.character.clone(),
            kind: facts.work.kind,
            tier: Some(name),
            endpoint,
            why,
            tokens: seen.tokens,
            estimated: seen.estimated,
            cost,
            first_word: seen.first_word,
            whole: now.since(began),
            outcome,
        });
    }

    /// Books a request that no tier could be asked, and says why in a sentence.
    pub(super) fn refuse(&mut self, route: &Route, facts: &Facts, now: Moment) -> ModelError {
        let reasons = route.why.notes.iter().filter_map(|note| match note {
            Note::PassedOver { tier, because } => Some(format!("{tier}: {because}")),
            _ => None,
        });
        let error = ModelError::NoTier(reasons.collect::<Vec<_>>().join("; "));
        self.enter(LedgerEntry {
            request: facts.number,
            day: now.day,
            character: facts.work.character.clone(),
            kind: facts.work.kind,
            tier: None,
            endpoint: None,
            why: route.why.clone(),
            tokens: Tokens::default(),
            estimated: false,
            cost: 0,
            first_word: None,
            whole: Duration::ZERO,
            outcome: Outcome::Refused,
        });
        error
    }
}
