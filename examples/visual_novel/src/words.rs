//! The interface's words in both languages.

use bevy::prelude::*;

/// The language of the interface and of new plays.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

macro_rules! words {
    ($($word:ident: $english:expr, $chinese:expr;)*) => {
        /// A word or sentence of the interface; as a component it keeps a text in the language of the player.
        #[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
        #[require(Text)]
        pub enum Word { $($word,)* }

        impl Word {
            fn both(self) -> (&'static str, &'static str) {
                match self { $(Self::$word => ($english, $chinese),)* }
            }
        }
    };
}

words! {
    Title: "The Lantern at Saltreach", "盐埠的灯笼";
    Subtitle: "One night, one question. Say whatever you like.", "一夜，一句话。想说什么就说什么。";
    Begin: "New game", "新的一夜";
    Continue: "Continue", "继续";
    LoadGame: "Load", "读档";
    Preferences: "Preferences", "设置";
    Chronicle: "What you have found", "足迹与结局";
    About: "About", "关于";
    OtherLanguage: "中文", "English";
    Quit: "Leave", "离开";
    Resume: "Back to the story", "回到故事";
    ToTitle: "To the title", "回到标题";
    Placeholder: "Say anything…", "随便说点什么……";
    History: "History", "回顾";
    HistoryHelp: "Choose a line to go back to it.", "选一行，就回到那一刻。";
    Saves: "Save and load", "存档与读档";
    Suggestions: "You could say", "你可以说";
    SuggestionsHelp: "A number, or the arrows and Enter. Tab to type your own.", "按数字，或用方向键和回车。按 Tab 自己说。";
    People: "What they remember of you", "他们记得你什么";
    PeopleHelp: "Only what was said while they were there.", "只有他们在场时说过的话。";
    ForgetMe: "Let them forget me: all that I said leaves this play for good", "让他们忘了我：我说过的话都从这一局里抹去";
    ForgetMeSurely: "Choose once more to erase it; there is no way back", "再选一次就抹去，不能复原";
    NobodyRemembers: "Nobody remembers anything yet.", "还没有人记得什么。";
    KeysTitle: "F1 preferences   F3 load   F8 found   F11 full screen   arrows and Enter choose", "F1 设置   F3 读档   F8 足迹   F11 全屏   方向键和回车选择";
    QuickBack: "Back", "退回";
    QuickHistory: "History", "回顾";
    QuickSuggest: "Ideas", "提示";
    QuickAuto: "Auto", "自动";
    QuickSkip: "Skip", "快进";
    QuickSave: "Save", "存档";
    QuickMenu: "Menu", "菜单";
    You: "You", "你";
    Saved: "Saved", "已存档";
    Load: "Load", "读取";
    Save: "Save", "存入";
    Empty: "empty", "空";
    TheEnd: "The End", "完";
    LeaveOut: "Leave out: ", "不想遇到：";
    NoModel: "authored lines", "只用写好的台词";
    Loading: "a model is loading…", "模型载入中……";
    Close: "Esc to close", "按 Esc 关闭";
    TextSpeed: "Text speed", "文字速度";
    Auto: "Pages turn by themselves", "自动翻页";
    AutoWait: "… after", "……停留";
    Skip: "Skip", "快进";
    TextSize: "Text size", "字号";
    Typeface: "Typeface", "字体";
    Contrast: "High contrast", "高对比度";
    Motion: "Less motion", "减少动态";
    Weather: "Fog and weather", "雾与天气";
    FullScreen: "Full screen", "全屏";
    InterfaceLanguage: "Language", "语言";
    Music: "Music", "音乐";
    Sounds: "Sounds", "音效";
    Voice: "Read lines aloud", "朗读台词";
    MenuOnly: "Choose instead of typing", "只选不打字";
    Model: "Who finds the words", "由谁措辞";
    On: "on", "开";
    Off: "off", "关";
    Slow: "slow", "慢";
    Normal: "normal", "中";
    Fast: "fast", "快";
    AtOnce: "at once", "立即";
    SkipRead: "what was read", "已读";
    SkipAll: "everything", "全部";
    Serif: "Garamond", "Garamond";
    Dyslexic: "for dyslexic readers", "易读体（西文）";
    NoVoice: "no voice here", "本机没有语音";
    Unknown: "· · ·", "· · ·";
    Beats: "Moments", "片段";
    Endings: "Endings", "结局";
}

/// Keeps every [`Word`] in the language of the player.
pub fn translate(language: Res<Language>, mut words: Query<(Ref<Word>, &mut Text)>) {
    for (word, mut text) in &mut words {
        if word.is_changed() || language.is_changed() {
            text.0 = language.say(*word).to_owned();
        }
    }
}
