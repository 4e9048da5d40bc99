//! What a spoken line is watched for besides secrets.

use super::secrets::Secrets;
use crate::director::avoid::Avoided;
use crate::director::canon::World;
use crate::director::normal::{is_dense, normal, plain, segments, sentences};
use crate::event::CAREFUL;
use crate::pack::is_chinese;
use crate::{Pack, State};
use std::collections::BTreeSet;

/// The rules that a line can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It tells what is locked.
    Secret,
    /// It speaks as a machine, of prompts and players.
    Meta,
    /// It is in another language than the play.
    Language,
    /// It speaks or acts for the player or another character.
    ForAnother,
    /// It repeats what the player said.
    Echo,
    /// It repeats what the character said before.
    Repetition,
    /// It names what is not in this world, has the dead act, or says what cannot have happened.
    Canon,
    /// It names what the player does not want to meet.
    Unwanted,
    /// Nothing fit to be said came of it.
    Empty,
}

impl Rule {
    /// What the model is told when it is asked once more. Names nothing that must not be said.
    pub(crate) fn reason(self, chinese: bool) -> &'static str {
        match (self, chinese) {
            (Self::Secret, false) => {
                "You won't talk about that. Turn the talk to what is in the room."
            }
            (Self::Secret, true) => "这事你不谈，把话头转到屋里的东西上。",
            (Self::Meta | Self::Canon, false) => "Stay in the story, in your own words.",
            (Self::Meta | Self::Canon, true) => "别出戏，用你自己的话说。",
            (Self::Unwanted, false) => "Talk of something else that is here.",
            (Self::Unwanted, true) => "说点眼前的别的事。",
            (Self::Language, false) => "Answer in English.",
            (Self::Language, true) => "用中文回答。",
            (Self::ForAnother, false) => "Say only your own words.",
            (Self::ForAnother, true) => "只说你自己的话。",
            (Self::Echo, false) => "Don't repeat the guest. Answer with something of your own.",
            (Self::Echo, true) => "别重复客人的话，说点自己的。",
            (Self::Repetition, false) => "You said that before. Say something new.",
            (Self::Repetition, true) => "这话你说过了，换一句。",
            (Self::Empty, false) => "Answer in one plain sentence.",
            (Self::Empty, true) => "用一句完整的话回答。",
        }
    }
}

/// What a character's line is held against.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) secrets: Secrets,
    pub(crate) chinese: bool,
    /// What the player said.
    pub(crate) player: String,
    /// Words that nobody says in this world, in lower case.
    pub(super) never: Vec<String>,
    /// Names before a colon that are somebody else's.
    pub(super) others: Vec<String>,
    /// Sentences and clauses that the character said a short while ago, as letters.
    pub(super) said: BTreeSet<String>,
    /// What the player does not want to meet.
    pub(super) avoided: Avoided,
    /// Who is dead, and what never was.
    pub(super) world: World,
}

/// Lines of a character that its next one is held against.
const LOOK_BACK: usize = 6;
/// Words, or dense characters, from which a clause that comes again is a repetition.
const WORDS: usize = 4;
const CHARACTERS: usize = 7;

pub(super) const META: [&str; 40] = [
    "as an ai",
    "an ai",
    "language model",
    "assistant",
    "chatbot",
    "the player",
    "i'm sorry, but i can't",
    "i'm sorry, but i cannot",
    "i cannot assist",
    "i can't assist",
    "my programming",
    "my instructions",
    "system prompt",
    "role-play",
    "roleplay",
    "fictional character",
    "this conversation",
    "qwen",
    "openai",
    "chatgpt",
    "alibaba",
    "anthropic",
    "人工智能",
    "语言模型",
    "助手",
    "通义",
    "阿里",
    "玩家",
    "提示词",
    "角色扮演",
    "作为一个ai",
    "作为ai",
    "虚构",
    "聊天机器人",
    "```",
    "<|",
    "###",
    "[inst",
    "http://",
    "https://",
];

impl Watch {
    /// What `npc` may not say now, in answer to what the player said.
    pub(crate) fn new(pack: &Pack, state: &State, npc: &str, player: &str) -> Self {
        let never = pack.canon(&state.locale).absent.into_iter().map(str::to_lowercase);
        let mut others: Vec<String> = [
            "user",
            "player",
            "human",
            "guest",
            "the guest",
            "you",
            "客人",
            "玩家",
            "用户",
            "你",
            "旁白",
            "narrator",
        ]
        .map(String::from)
        .to_vec();
        let cast = pack.cast().filter(|other| *other != npc);
        others.extend(cast.map(|other| pack.display_name(&state.locale, other).to_lowercase()));
        let own = state.history.iter().rev().filter(|line| line.speaker.as_deref() == Some(npc));
        let said = own.take(LOOK_BACK).flat_map(|line| repeatable(&line.text)).collect();
        Self {
            secrets: Secrets::locked(pack, state, npc),
            chinese: is_chinese(&state.locale),
            player: player.to_owned(),
            never: never.collect(),
            others,
            said,
            avoided: Avoided::of(pack, state),
            world: if state.rules >= CAREFUL { World::of(pack, state) } else { World::default() },
        }
    }

    /// Whether a clause is somebody else's: 'Guest: Hello', 'the guest nods'.
    pub(super) fn is_anothers(&self, sentence: &str) -> bool {
        let lower = sentence.trim().to_lowercase();
        let label = |name: &String| {
            let rest = lower.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.trim_start().starts_with([':', '：']))
        };
        const DOES: [&str; 12] = [
            "the guest says",
            "the guest asks",
            "the guest nods",
            "the guest smiles",
            "the guest replies",
            "the guest answers",
            "客人说",
            "客人问",
            "客人点",
            "客人笑",
            "客人回答",
            "你说道",
        ];
        self.others.iter().any(label) || DOES.iter().any(|does| lower.starts_with(does))
    }

    /// Whether the character said this sentence or clause a short while ago.
    pub(super) fn is_repeated(&self, clause: &str) -> bool {
        is_long(clause) && self.said.contains(&plain(clause))
    }
}

/// The sentences and clauses of a line that are long enough to be noticed when they come again.
fn repeatable(text: &str) -> Vec<String> {
    let whole = sentences(text).into_iter().map(str::to_owned);
    let parts: Vec<String> = whole.chain(segments(text)).collect();
    parts.iter().filter(|part| is_long(part)).map(|part| plain(part)).collect()
}

fn is_long(clause: &str) -> bool {
    let normal = normal(clause);
    normal.split(' ').count() >= WORDS
        || normal.chars().filter(|c| is_dense(*c)).count() >= CHARACTERS
}
