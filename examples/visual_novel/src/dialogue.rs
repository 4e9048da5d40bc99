//! The box in which words appear: who speaks, the line as it is typed, what is still to be read.

use crate::Screen;
use crate::fonts::Face;
use crate::look::{BOX, FOG, INK, LAMP, PAPER};
use crate::overlay::{Overlay, stage_is_clear};
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy::text::LineHeight;
use bevy_dramaturg::engine::Emotion;
use bevy_dramaturg::prelude::*;
use std::collections::VecDeque;

pub struct DialoguePlugin;

impl Plugin for DialoguePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Stage), open)
            .add_systems(OnExit(Screen::Stage), |mut commands: Commands| {
                commands.remove_resource::<Dialogue>();
            })
            .add_systems(
                Update,
                (hear, turn_page.run_if(stage_is_clear), type_out, show)
                    .chain()
                    .in_set(DialogueSystems)
                    .run_if(resource_exists::<Dialogue>),
            );
    }
}

/// The systems that hear, type and show.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct DialogueSystems;

/// Reading speed, in characters a second; Chinese characters take longer to read and say more.
const LATIN_SPEED: f32 = 46.0;
const HAN_SPEED: f32 = 17.0;
/// How much longer a full stop is looked at than a letter.
const PAUSE: f32 = 9.0;

#[derive(Clone, Debug)]
struct Line {
    npc: Option<Entity>,
    emotion: Emotion,
    text: String,
    whole: bool,
}

/// What is said on the stage.
#[derive(Resource, Default)]
pub struct Dialogue {
    current: Option<Line>,
    /// Characters of the current line that are shown.
    shown: f32,
    waiting: VecDeque<Line>,
    /// What the player said last.
    said: String,
    /// Something stands in the player's line.
    pub typing: bool,
    turn_over: bool,
    ending: Option<String>,
    face: Option<(Entity, Emotion)>,
}

impl Dialogue {
    /// Who speaks or spoke last, with which face.
    pub fn speaker(&self) -> Option<(Entity, Emotion)> {
        self.face
    }
    /// Whether the player spoke and nothing has come back yet.
    pub fn is_thinking(&self) -> bool {
        !self.turn_over && self.current.is_none() && self.waiting.is_empty()
    }
    /// Whether it is the player's turn to speak.
    pub fn is_players_turn(&self) -> bool {
        self.turn_over && self.ending.is_none() && self.waiting.is_empty() && self.is_read()
    }
    /// Whether the last words of the story have been read.
    pub fn is_over(&self) -> bool {
        self.ending.is_some() && self.waiting.is_empty() && self.is_read()
    }
    /// The player has said something: the stage is theirs no longer.
    pub fn player_said(&mut self, text: &str) {
        text.clone_into(&mut self.said);
        self.turn_over = false;
        self.current = None;
    }
    fn is_read(&self) -> bool {
        self.current.as_ref().is_none_or(|line| line.whole && self.shown >= length(&line.text))
    }
    fn next(&mut self) {
        self.current = self.waiting.pop_front();
        self.shown = 0.0;
        if let Some(Line { npc: Some(npc), emotion, .. }) = &self.current {
            self.face = Some((*npc, *emotion));
        }
    }
    fn last(&mut self) -> Option<&mut Line> {
        self.waiting.back_mut().or(self.current.as_mut())
    }
}

fn length(text: &str) -> f32 {
    text.chars().count() as f32
}

#[derive(Component)]
struct NamePlate;
#[derive(Component)]
struct NameText;
#[derive(Component)]
struct SaidText;
#[derive(Component)]
struct SaidPlate;
#[derive(Component)]
struct ShownSpan;
#[derive(Component)]
struct HiddenSpan;
#[derive(Component)]
struct Marker;
#[derive(Component)]
struct EndText;
/// Where the player's line is spawned.
#[derive(Component)]
pub struct InputPlace;

const TEXT: f32 = 27.0;

fn open(mut commands: Commands) {
    commands.insert_resource(Dialogue::default());
    let column = Node {
        position_type: PositionType::Absolute,
        bottom: px(0),
        width: percent(100),
        padding: UiRect::bottom(px(22)),
        flex_direction: FlexDirection::Column,
        align_items: AlignItems::Center,
        row_gap: px(26),
        ..default()
    };
    commands.spawn((DespawnOnExit(Screen::Stage), column, Name::new("dialogue"))).with_children(
        |column| {
            column.spawn((
                Node {
                    width: percent(90),
                    max_width: px(1040),
                    justify_content: JustifyContent::FlexEnd,
                    ..default()
                },
                children![(
                    SaidPlate,
                    Node {
                        max_width: percent(72),
                        padding: UiRect::axes(px(18), px(5)),
                        border_radius: BorderRadius::all(px(15)),
                        ..default()
                    },
                    BackgroundColor(BOX),
                    Visibility::Hidden,
                    children![(SaidText, Text::default(), Face::italic(22.0), TextColor(FOG))],
                )],
            ));
            column.spawn(frame()).with_children(|frame| {
                frame.spawn(name_plate());
                frame
                    .spawn((
                        Text::default(),
                        Face::upright(TEXT),
                        LineHeight::RelativeToFont(1.42),
                        Node { width: percent(100), min_height: px(84), ..default() },
                    ))
                    .with_children(|text| {
                        let span = || (TextSpan::default(), Face::upright(TEXT));
                        text.spawn((ShownSpan, span(), TextColor(PAPER)));
                        // The rest of the line takes its room already, so that no word jumps while it is typed.
                        text.spawn((HiddenSpan, span(), TextColor(Color::NONE)));
                    });
                // There is more to read: a small lozenge, whatever the font has.
                frame.spawn((
                    Marker,
                    Node {
                        position_type: PositionType::Absolute,
                        right: px(28),
                        bottom: px(22),
                        width: px(11),
                        height: px(11),
                        ..default()
                    },
                    BackgroundColor(LAMP),
                    UiTransform::from_rotation(Rot2::degrees(45.0)),
                    Visibility::Hidden,
                ));
                frame.spawn((
                    EndText,
                    Word::TheEnd,
                    Face::italic(24.0),
                    TextColor(LAMP),
                    TextLayout::justify(Justify::Center),
                    Node {
                        position_type: PositionType::Absolute,
                        width: percent(100),
                        bottom: px(14),
                        ..default()
                    },
                    Visibility::Hidden,
                ));
                frame
                    .spawn((InputPlace, Node { width: percent(100), height: px(40), ..default() }));
            });
        },
    );
}

fn frame() -> impl Bundle {
    (
        Node {
            width: percent(92),
            max_width: px(1080),
            min_height: px(186),
            padding: UiRect { left: px(38), right: px(38), top: px(26), bottom: px(14) },
            flex_direction: FlexDirection::Column,
            justify_content: JustifyContent::SpaceBetween,
            row_gap: px(8),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(16)),
            ..default()
        },
        BackgroundColor(BOX),
        BorderColor::all(LAMP.with_alpha(0.28)),
    )
}

fn name_plate() -> impl Bundle {
    (
        NamePlate,
        Node {
            position_type: PositionType::Absolute,
            top: px(-21),
            left: px(32),
            padding: UiRect::axes(px(16), px(3)),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(9)),
            ..default()
        },
        BackgroundColor(INK),
        BorderColor::all(LAMP.with_alpha(0.45)),
        Visibility::Hidden,
        children![(NameText, Text::default(), Face::italic(23.0), TextColor(LAMP))],
    )
}

fn hear(
    mut dialogue: ResMut<Dialogue>,
    mut opened: MessageReader<PlayOpened>,
    mut spoken: MessageReader<NpcSpeaks>,
    mut ended: MessageReader<StoryEnded>,
    mut turns: MessageReader<TurnEnded>,
    plays: Query<&Play>,
) {
    for PlayOpened { play, resumed, history, .. } in opened.read() {
        *dialogue = Dialogue { turn_over: *resumed, ..default() };
        let npc = |id: &Option<String>| plays.get(*play).ok()?.npc(id.as_deref()?);
        let player = Some("player");
        let last = history.iter().rev().find(|line| line.speaker.as_deref() != player);
        if let Some(line) = last {
            let npc = npc(&line.speaker);
            dialogue.face = npc.map(|npc| (npc, line.emotion));
            dialogue.shown = length(&line.text);
            let (text, emotion) = (line.text.clone(), line.emotion);
            dialogue.current = Some(Line { npc, emotion, text, whole: true });
        }
        if let Some(line) = history.iter().rev().find(|line| line.speaker.as_deref() == player) {
            dialogue.said.clone_from(&line.text);
        }
    }
    for NpcSpeaks { npc, speech, .. } in spoken.read() {
        match speech {
            Speech::Began { emotion } => {
                let line = Line { npc: *npc, emotion: *emotion, text: String::new(), whole: false };
                dialogue.waiting.push_back(line);
                if dialogue.current.is_none() {
                    dialogue.next();
                }
            }
            Speech::Delta(text) => {
                dialogue.last().into_iter().for_each(|line| line.text.push_str(text));
            }
            Speech::Ended { text } => {
                if let Some(line) = dialogue.last() {
                    line.text.clone_from(text);
                    line.whole = true;
                }
                // A line that was taken back leaves the stage to the next one.
                if text.is_empty() && dialogue.waiting.pop_back().is_none() {
                    dialogue.current = None;
                }
            }
        }
    }
    for StoryEnded { ending, .. } in ended.read() {
        dialogue.ending = Some(ending.clone());
    }
    if turns.read().count() > 0 {
        dialogue.turn_over = true;
    }
}

fn turn_page(
    mut dialogue: ResMut<Dialogue>,
    keyboard: Res<ButtonInput<KeyCode>>,
    mouse: Res<ButtonInput<MouseButton>>,
    mut screen: ResMut<NextState<Screen>>,
) {
    let key = keyboard.any_just_pressed([KeyCode::Enter, KeyCode::NumpadEnter])
        || (keyboard.just_pressed(KeyCode::Space) && !dialogue.typing);
    if !key && !mouse.just_pressed(MouseButton::Left) {
        return;
    }
    if !dialogue.is_read() {
        dialogue.shown = dialogue.current.as_ref().map_or(0.0, |line| length(&line.text));
    } else if !dialogue.waiting.is_empty() {
        dialogue.next();
    } else if dialogue.is_over() {
        screen.set(Screen::Title);
    }
}

fn type_out(mut dialogue: ResMut<Dialogue>, time: Res<Time>, mut pause: Local<f32>) {
    let dialogue = dialogue.bypass_change_detection();
    let Some(line) = &dialogue.current else { return };
    let next = line.text.chars().nth(dialogue.shown as usize);
    let Some(next) = next else { return };
    let speed = if next > '\u{2e7f}' { HAN_SPEED } else { LATIN_SPEED };
    *pause -= time.delta_secs() * speed;
    if *pause > 0.0 {
        return;
    }
    let before = dialogue.shown as usize;
    dialogue.shown = (dialogue.shown + time.delta_secs() * speed).min(length(&line.text));
    let typed = line.text.chars().skip(before).take(dialogue.shown as usize - before);
    let stops = typed.filter(|c| matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…')).count();
    *pause = if stops > 0 { PAUSE } else { 0.0 };
}

fn show(
    dialogue: Res<Dialogue>,
    language: Res<Language>,
    overlay: Res<State<Overlay>>,
    personas: Query<&Persona>,
    time: Res<Time>,
    mut shown: Single<&mut TextSpan, (With<ShownSpan>, Without<HiddenSpan>)>,
    mut hidden: Single<&mut TextSpan, (With<HiddenSpan>, Without<ShownSpan>)>,
    mut name: Single<&mut Text, (With<NameText>, Without<SaidText>)>,
    mut said: Single<&mut Text, (With<SaidText>, Without<NameText>)>,
    mut plates: ParamSet<(
        Single<&mut Visibility, With<NamePlate>>,
        Single<&mut Visibility, With<Marker>>,
        Single<&mut Visibility, With<SaidPlate>>,
        Single<&mut Visibility, With<EndText>>,
    )>,
    mut faces: Query<&mut Face, Or<(With<ShownSpan>, With<HiddenSpan>)>>,
) {
    let visible = |yes: bool| if yes { Visibility::Inherited } else { Visibility::Hidden };
    let text = dialogue.current.as_ref().map_or("", |line| line.text.as_str());
    let at = text.char_indices().nth(dialogue.shown as usize).map_or(text.len(), |(at, _)| at);
    if shown.0 != text[..at] {
        text[..at].clone_into(&mut shown.0);
    }
    if hidden.0 != text[at..] {
        text[at..].clone_into(&mut hidden.0);
    }
    let who = dialogue.current.as_ref().and_then(|line| personas.get(line.npc?).ok());
    plates.p0().set_if_neq(visible(who.is_some()));
    let narrated = dialogue.current.as_ref().is_some_and(|line| line.npc.is_none());
    for mut face in &mut faces {
        face.set_if_neq(if narrated { Face::italic(TEXT) } else { Face::upright(TEXT) });
    }
    if let Some(persona) = who
        && name.0 != persona.name
    {
        name.0.clone_from(&persona.name);
    }
    let quoted = match *language {
        _ if dialogue.said.is_empty() => String::new(),
        Language::English => format!("“{}”", shorten(&dialogue.said)),
        Language::Chinese => format!("「{}」", shorten(&dialogue.said)),
    };
    if said.0 != quoted {
        said.0 = quoted;
    }
    let more = !dialogue.waiting.is_empty() || dialogue.is_over();
    let blink = (time.elapsed_secs() * 2.2).sin() > -0.4;
    let shows = more && dialogue.is_read() && blink && *overlay.get() == Overlay::None;
    plates.p1().set_if_neq(visible(shows));
    plates.p3().set_if_neq(visible(dialogue.is_over()));
    plates.p2().set_if_neq(visible(!dialogue.said.is_empty()));
}

/// A long line of the player's is shown by its beginning.
fn shorten(text: &str) -> String {
    const MOST: usize = 90;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
