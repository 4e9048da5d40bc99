//! The town's people: a thousand of them are made from a seed, each with a role, a home and a day.

use bevy_dramaturg::prelude::*;
use bevy_dramaturg::routine::{Life, Moment, Schedule, ScheduleError, Stay, TownPlan};
use bevy_dramaturg::town::Townsfolk;
use std::sync::Arc;

/// Decimetres of ground in a minute of story time: at a minute a second, twelve metres a second are a brisk walk to look at.
const PACE: u32 = 120;

/// The role, how many of a hundred have it, and who they are in English and Chinese.
pub const ROLES: [(&str, u64, &str, &str); 8] = [
    (
        "trader",
        12,
        "You sell {ware} in the market, know everybody's price and like a joke.",
        "你在集市上卖{ware}，谁出什么价你都清楚，爱开玩笑。",
    ),
    (
        "shopper",
        20,
        "You keep house for a large family, count every coin and hear all the gossip.",
        "你操持着一大家子，一个铜板掰成两半花，什么闲话都听得到。",
    ),
    (
        "crafter",
        22,
        "You work in a workshop off the square. You are proud of your hands and short of sleep.",
        "你在广场边的作坊干活，手艺好，老是睡不够。",
    ),
    (
        "farmer",
        14,
        "You work the fields outside the walls. You speak slowly and trust the weather more than people.",
        "你在城外种地，说话慢，信天气多过信人。",
    ),
    (
        "child",
        14,
        "You are ten years old, quick, curious and always hungry.",
        "你十岁，机灵，好奇，老是饿。",
    ),
    (
        "elder",
        12,
        "You are old and sit in the square all day. You remember everything, sometimes twice.",
        "你上了年纪，整天坐在广场上。什么都记得，有时候记两遍。",
    ),
    (
        "guard",
        5,
        "You are of the town's watch. Your feet hurt, and you miss nothing.",
        "你是城里的卫兵，脚疼，什么都逃不过你的眼睛。",
    ),
    (
        "priest",
        1,
        "You serve in the chapel. You are kind, absent-minded and fond of pies.",
        "你在礼拜堂里任职，和气，健忘，爱吃馅饼。",
    ),
];

const WARES: [(&str, &str); 6] = [
    ("eels", "鳗鱼"),
    ("onions", "洋葱"),
    ("pots", "陶罐"),
    ("ribbons", "丝带"),
    ("lamp oil", "灯油"),
    ("cheese", "奶酪"),
];
const WORKSHOPS: [&str; 6] = ["bakery", "smithy", "carpenter", "weaver", "cooper", "tavern"];

const GIVEN: [(&str, &str); 32] = [
    ("Ada", "阿黛"),
    ("Bram", "布兰"),
    ("Cora", "可拉"),
    ("Dirk", "狄克"),
    ("Elsa", "爱莎"),
    ("Finn", "芬恩"),
    ("Greta", "葛丽"),
    ("Hugo", "雨果"),
    ("Ida", "伊达"),
    ("Joost", "约斯"),
    ("Klara", "克拉"),
    ("Levin", "莱文"),
    ("Marta", "玛塔"),
    ("Nils", "尼尔"),
    ("Olga", "欧佳"),
    ("Piet", "皮特"),
    ("Quirin", "奎林"),
    ("Rosa", "罗莎"),
    ("Sven", "斯文"),
    ("Tilda", "蒂达"),
    ("Udo", "乌多"),
    ("Vera", "薇拉"),
    ("Wim", "维姆"),
    ("Xenia", "谢妮"),
    ("Yann", "扬恩"),
    ("Zita", "齐塔"),
    ("Anton", "安东"),
    ("Berta", "贝塔"),
    ("Casper", "卡斯"),
    ("Dora", "朵拉"),
    ("Emil", "埃米"),
    ("Frida", "弗里"),
];
const FAMILY: [(&str, &str); 32] = [
    ("Alder", "奥德"),
    ("Birch", "柏奇"),
    ("Cole", "科尔"),
    ("Dray", "德雷"),
    ("Eddow", "埃窦"),
    ("Fenn", "费恩"),
    ("Gale", "盖尔"),
    ("Hale", "黑尔"),
    ("Ibbot", "伊博"),
    ("Jarrow", "贾罗"),
    ("Kett", "凯特"),
    ("Lark", "拉克"),
    ("Mull", "穆尔"),
    ("Nash", "纳什"),
    ("Oake", "欧克"),
    ("Pell", "佩尔"),
    ("Quill", "奎尔"),
    ("Rudd", "拉德"),
    ("Stone", "斯通"),
    ("Tarn", "塔恩"),
    ("Usher", "厄舍"),
    ("Vane", "韦恩"),
    ("Wick", "威克"),
    ("Yarrow", "雅罗"),
    ("Ash", "艾什"),
    ("Brook", "布鲁"),
    ("Crane", "克兰"),
    ("Dell", "戴尔"),
    ("Elm", "艾姆"),
    ("Frost", "弗罗"),
    ("Glade", "格雷"),
    ("Heath", "希思"),
];

/// SplitMix64: the same seed makes the same town.
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Less than that.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides.max(1)
    }
}

/// A day being made: what begins when, in minutes.
struct Day<'p> {
    plan: &'p TownPlan,
    begins: Vec<(u16, String, &'static str)>,
    late: u16,
}

impl Day<'_> {
    fn then(&mut self, hour: u16, minute: u16, place: impl Into<String>, activity: &'static str) {
        self.begins.push((hour * 60 + minute + self.late, place.into(), activity));
    }
    /// Each stay ends as late as the walk to the next one allows.
    fn schedule(self, plan: &Arc<TownPlan>) -> Result<Schedule, ScheduleError> {
        let spot = |name: &str| {
            let place = self.plan.place_named(name).and_then(|id| self.plan.place(id));
            place.map(|place| place.spot).unwrap_or_default()
        };
        let mut stays = Vec::new();
        for (index, (from, place, activity)) in self.begins.iter().enumerate() {
            let Some((next, to, _)) = self.begins.get(index + 1).or(self.begins.first()) else {
                break;
            };
            let walk = spot(place).distance(spot(to)).div_ceil(PACE) as u16 + 2;
            let until = (next + 1440 - walk) % 1440;
            stays.push(Stay::named(plan, (0, *from), (0, until), place, activity)?);
        }
        Schedule::new(plan.clone(), PACE, &stays)
    }
}

/// The day of somebody with that role.
fn day(plan: &Arc<TownPlan>, role: &str, dice: &mut Dice) -> Result<Schedule, ScheduleError> {
    let home = format!("house {}", dice.below(60));
    let late = dice.below(55) as u16;
    let mut day = Day { plan, begins: Vec::new(), late };
    let stall = dice.below(24);
    let mut counter = || format!("counter {}", dice.below(24));
    let counters: Vec<String> = (0..6).map(|_| counter()).collect();
    let bench = format!("bench {}", dice.below(10));
    let shop = WORKSHOPS[dice.below(6) as usize];
    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|n| counters[n].clone());
    match role {
        "trader" => {
            day.then(6, 30, format!("stall {stall}"), "trade");
            day.then(17, 30, a, "shop");
        }
        "shopper" => {
            day.then(8, 0, a, "shop");
            day.then(8, 40, b, "shop");
            day.then(9, 30, c, "shop");
            day.then(11, 0, home.clone(), "craft");
            day.then(14, 30, d, "shop");
            day.then(15, 30, e, "shop");
            day.then(16, 30, f, "shop");
        }
        "crafter" => {
            day.then(7, 0, shop, "craft");
            day.then(11, 40, a, "shop");
            day.then(12, 30, shop, "craft");
            day.then(17, 20, b, "shop");
        }
        "farmer" => {
            day.then(5, 30, format!("field {}", dice.below(8)), "farm");
            day.then(11, 0, a, "shop");
            day.then(12, 20, format!("field {}", dice.below(8)), "farm");
        }
        "child" => {
            day.then(8, 0, "school", "learn");
            for (number, minute) in (0..8).map(|n| (n, n * 32)) {
                let corner = [
                    "corner 0",
                    "corner 1",
                    "fountain steps",
                    "corner 2",
                    "linden",
                    "corner 3",
                    "well",
                ];
                let place = corner[(number + dice.below(7) as usize) % 7];
                day.then(12 + minute as u16 / 60, minute as u16 % 60, place, "play");
            }
        }
        "elder" => {
            day.then(8, 30, bench.clone(), "sit");
            day.then(12, 30, a, "shop");
            day.then(13, 40, bench, "sit");
        }
        "guard" => {
            for hour in 7..18 {
                day.then(hour, 0, format!("post {}", dice.below(6)), "guard");
            }
        }
        _ => {
            day.then(6, 0, "chapel", "pray");
            day.then(10, 0, a, "shop");
            day.then(11, 0, bench, "sit");
            day.then(13, 0, "chapel", "pray");
        }
    }
    day.then(19, 20, home.clone(), "supper");
    day.then(21, 0, home, "sleep");
    day.schedule(plan)
}

/// One of the town, by number.
pub fn somebody(
    plan: &Arc<TownPlan>,
    number: usize,
    now: Moment,
    chinese: bool,
) -> Result<(Townsfolk, Persona), ScheduleError> {
    let mut dice = Dice(0x70f7 + number as u64 * 77_777);
    let mut lot = dice.below(100);
    let (role, _, english, han) = ROLES
        .into_iter()
        .find(|(_, share, ..)| {
            let drawn = lot < *share;
            lot = lot.saturating_sub(*share);
            drawn
        })
        .unwrap_or(ROLES[0]);
    let schedule = day(plan, role, &mut dice)?;
    let mut life = Life::new(plan, now);
    for (need, least) in [("food", 45), ("rest", 60), ("company", 40)] {
        life = life.with(plan, need, least + dice.below(50) as u8);
    }
    let (given, family) = (GIVEN[number % 32], FAMILY[(number / 32 + number * 7) % 32]);
    let ware = WARES[dice.below(6) as usize];
    let persona = if chinese {
        let name = format!("{}·{}", given.1, family.1);
        let described = format!("你是{name}。{}", han.replace("{ware}", ware.1));
        Persona::new(name, described)
    } else {
        let name = format!("{} {}", given.0, family.0);
        let described = format!("You are {name}. {}", english.replace("{ware}", ware.0));
        Persona::new(name, described)
    };
    let mut persona = persona;
    persona.id.0 = format!("{}_{number}", given.0.to_lowercase());
    Ok((Townsfolk::new(schedule, life).with_role(role), persona))
}

/// Somebody of the villages, whom nobody at the square ever sees.
pub fn villager(
    plan: &Arc<TownPlan>,
    number: usize,
    villages: usize,
    now: Moment,
) -> Result<(Townsfolk, Persona), ScheduleError> {
    let here = number % villages.max(1);
    let place = |n: usize| format!("village {n}");
    let mut day = Day { plan, begins: Vec::new(), late: (number % 50) as u16 };
    day.then(7, 0, place(here), "farm");
    day.then(12, 0, place(here ^ 1), "shop");
    day.then(14, 0, place(here), "farm");
    day.then(19, 0, place(here), "supper");
    day.then(21, 0, place(here), "sleep");
    let folk = Townsfolk::new(day.schedule(plan)?, Life::new(plan, now)).with_role("farmer");
    let persona =
        Persona::new(format!("Villager {number}"), "You live in a village far from town.");
    Ok((folk, persona))
}

/// What a role is called.
pub fn role_name(role: &str, chinese: bool) -> &str {
    let names = [
        ("trader", "商贩"),
        ("shopper", "主妇"),
        ("crafter", "工匠"),
        ("farmer", "农人"),
        ("child", "孩子"),
        ("elder", "老人"),
        ("guard", "卫兵"),
        ("priest", "神父"),
    ];
    match names.into_iter().find(|(name, _)| *name == role) {
        Some((_, han)) if chinese => han,
        _ => role,
    }
}
