//! The interface's words in both languages.

use bevy::prelude::*;

/// The language of the interface and of new plays.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    pub fn of(locale: &str) -> Self {
        if locale.starts_with("zh") { Self::Chinese } else { Self::English }
    }
    pub fn locale(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }
    pub fn say(self, word: Word) -> &'static str {
        let (english, chinese) = word.both();
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// A word or sentence of the interface; as a component it keeps a text in the language of the player.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
#[require(Text)]
pub enum Word {
    Title,
    Subtitle,
    Begin,
    Continue,
    OtherLanguage,
    Quit,
    Placeholder,
    History,
    Saves,
    Keys,
    You,
    Saved,
    Load,
    Save,
    Empty,
    TheEnd,
    NoModel,
    Loading,
    Close,
}

impl Word {
    fn both(self) -> (&'static str, &'static str) {
        match self {
            Self::Title => ("The Lantern at Saltreach", "盐埠的灯笼"),
            Self::Subtitle => (
                "One night, one question. Say whatever you like.",
                "一夜，一句话。想说什么就说什么。",
            ),
            Self::Begin => ("Begin", "开始"),
            Self::Continue => ("Continue", "继续"),
            Self::OtherLanguage => ("中文", "English"),
            Self::Quit => ("Leave", "离开"),
            Self::Placeholder => ("Say anything…", "随便说点什么……"),
            Self::History => ("History", "回顾"),
            Self::Saves => ("Save · Load", "存档 · 读档"),
            Self::Keys => (
                "F2 history   F3 save and load   F5 quick save   F9 quick load   F12 inspector   Esc back",
                "F2 回顾   F3 存档读档   F5 快速存档   F9 快速读档   F12 检视   Esc 返回",
            ),
            Self::You => ("You", "你"),
            Self::Saved => ("Saved", "已存档"),
            Self::Load => ("Load", "读取"),
            Self::Save => ("Save", "存入"),
            Self::Empty => ("nothing yet", "空"),
            Self::TheEnd => ("The End", "完"),
            Self::NoModel => ("authored lines", "只用写好的台词"),
            Self::Loading => ("a model is loading…", "模型载入中……"),
            Self::Close => ("Esc to close", "按 Esc 关闭"),
        }
    }
}

/// Keeps every [`Word`] in the language of the player.
pub fn translate(language: Res<Language>, mut words: Query<(Ref<Word>, &mut Text)>) {
    for (word, mut text) in &mut words {
        if word.is_changed() || language.is_changed() {
            text.0 = language.say(*word).to_owned();
        }
    }
}
