//! What a town's people share.

use super::drift::FULL;
use super::moment::Spot;
use super::schedule::{Doing, Stretch};
use crate::world::{Change, Requirement};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// A place of a [`TownPlan`], by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlaceId(pub(super) u16);

/// An activity of a [`TownPlan`], by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActivityId(pub(super) u16);

/// Somewhere to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub spot: Spot,
    /// Whether who is there can't be seen from outside.
    #[serde(default)]
    pub indoors: bool,
}

impl Place {
    /// A place.
    pub fn new(name: impl Into<String>, spot: Spot) -> Self {
        Self { name: name.into(), spot, indoors: false }
    }
    /// A place under a roof.
    pub fn indoors(name: impl Into<String>, spot: Spot) -> Self {
        Self { indoors: true, ..Self::new(name, spot) }
    }
}

/// A drive that decays: food, sleep, company. What it is now is between 0 and 100 percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its name. The fact is `need.` and this.
    pub name: String,
    /// Minutes of story time in which it goes from 100 percent to nothing.
    pub empties_in: u32,
    /// Percent below which somebody does something about it…
    #[serde(default = "low")]
    pub wanting_below: u8,
    /// …until it is at so many percent.
    #[serde(default = "enough")]
    pub content_from: u8,
    /// What a prompt says while it is wanting, in the second person, by language: 'You are hungry.'
    #[serde(default)]
    pub told: BTreeMap<String, String>,
}

fn low() -> u8 {
    30
}
fn enough() -> u8 {
    70
}

impl Need {
    /// A need that is wanting below 30 percent, and met from 70 on.
    pub fn new(name: impl Into<String>, empties_in: u32) -> Self {
        let (name, told) = (name.into(), BTreeMap::new());
        Self { name, empties_in, wanting_below: low(), content_from: enough(), told }
    }
    /// The name of its fact.
    pub fn fact(&self) -> String {
        format!("need.{}", self.name)
    }
    pub(super) fn threshold(&self) -> i64 {
        i64::from(self.wanting_below) * FULL / 100
    }
}

/// Something to do at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Its name.
    pub name: String,
    /// The needs that it meets, each with the minutes in which it would fill it from nothing.
    #[serde(default)]
    pub fills: BTreeMap<String, u32>,
    /// Whether somebody leaves it for a need that runs low.
    #[serde(default)]
    pub may_be_left: bool,
    /// Where it is done as an errand, by names of places; nowhere, if there are none.
    #[serde(default)]
    pub at: Vec<String>,
    /// How many minutes it takes as an errand.
    #[serde(default)]
    pub minutes: u32,
    /// What must be so, as an errand: what an earlier step of the same errand brought about.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// What it brings about, as an errand.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// What a prompt says during it, in the second person, by language: 'You sell fish at your stall.'
    #[serde(default)]
    pub told: BTreeMap<String, String>,
}

impl Activity {
    /// An activity that meets no need and is not left for one.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What is wrong with a [`TownPlan`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TownPlanError {
    /// Two of a kind have one name.
    #[error("two {kind} are named '{name}': give one of them another name")]
    Twice {
        /// Places, activities or needs.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// There are more than numbers for them.
    #[error("there are more than 65,535 {0}")]
    TooMany(&'static str),
    /// Something is done where nothing is.
    #[error("the activity '{activity}' is done at '{place}', but no place is named so")]
    NoPlace {
        /// The activity.
        activity: String,
        /// The name.
        place: String,
    },
    /// Something is filled that nobody has.
    #[error("the activity '{activity}' fills '{need}', but no need is named so")]
    NoNeed {
        /// The activity.
        activity: String,
        /// The name.
        need: String,
    },
    /// Something takes no time.
    #[error("'{0}' takes 0 minutes: give it 1 at least")]
    NoTime(String),
    /// The bounds of a need are none.
    #[error(
        "the need '{0}' wants wanting_below under content_from, and content_from at 100 at the most"
    )]
    Bounds(String),
}

/// Places, activities and needs of a town.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct TownPlan {
    places: Vec<Place>,
    activities: Vec<Activity>,
    needs: Vec<Need>,
    roofs: HashSet<Spot>,
    /// What a minute of each activity adds to each need, and behind them what a minute of anything else does.
    rates: Vec<Vec<i64>>,
}

/// A plan as it is written down.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    places: Vec<Place>,
    activities: Vec<Activity>,
    #[serde(default)]
    needs: Vec<Need>,
}

impl TryFrom<Written> for TownPlan {
    type Error = TownPlanError;
    fn try_from(written: Written) -> Result<Self, TownPlanError> {
        Self::new(written.places, written.activities, written.needs)
    }
}

impl From<TownPlan> for Written {
    fn from(plan: TownPlan) -> Self {
        Self { places: plan.places, activities: plan.activities, needs: plan.needs }
    }
}

fn names<'n>(
    kind: &'static str,
    names: impl Iterator<Item = &'n str>,
) -> Result<(), TownPlanError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(TownPlanError::Twice { kind, name: name.into() });
        }
    }
    if seen.len() > usize::from(u16::MAX) { Err(TownPlanError::TooMany(kind)) } else { Ok(()) }
}

impl TownPlan {
    /// A plan in which all names are known.
    ///
    /// # Errors
    /// [`TownPlanError`] says what is not.
    pub fn new(
        places: Vec<Place>,
        activities: Vec<Activity>,
        needs: Vec<Need>,
    ) -> Result<Self, TownPlanError> {
        names("places", places.iter().map(|place| place.name.as_str()))?;
        names("activities", activities.iter().map(|activity| activity.name.as_str()))?;
        names("needs", needs.iter().map(|need| need.name.as_str()))?;
        for need in &needs {
            if need.empties_in == 0 {
                return Err(TownPlanError::NoTime(need.name.clone()));
            }
            if need.wanting_below >= need.content_from || need.content_from > 100 {
                return Err(TownPlanError::Bounds(need.name.clone()));
            }
        }
        for activity in &activities {
            let named = || activity.name.clone();
            if activity.fills.values().any(|minutes| *minutes == 0)
                || (activity.minutes == 0 && !activity.at.is_empty())
            {
                return Err(TownPlanError::NoTime(named()));
            }
            let lost = activity.at.iter().find(|at| !places.iter().any(|p| p.name == **at));
            if let Some(place) = lost {
                return Err(TownPlanError::NoPlace { activity: named(), place: place.clone() });
            }
            let lost = activity.fills.keys().find(|name| !needs.iter().any(|n| n.name == **name));
            if let Some(need) = lost {
                return Err(TownPlanError::NoNeed { activity: named(), need: need.clone() });
            }
        }
        let drain = |need: &Need| -(FULL / i64::from(need.empties_in)).max(1);
        let rate = |activity: &Activity, need: &Need| {
            let filled = activity.fills.get(&need.name);
            filled.map_or(drain(need), |minutes| (FULL / i64::from(*minutes)).max(1))
        };
        let of = |activity| needs.iter().map(|need| rate(activity, need)).collect();
        let mut rates: Vec<Vec<i64>> = activities.iter().map(of).collect();
        rates.push(needs.iter().map(drain).collect());
        let under = places.iter().filter(|place| place.indoors);
        let roofs = under.map(|place| place.spot).collect();
        Ok(Self { places, activities, needs, roofs, rates })
    }

    /// All places.
    pub fn places(&self) -> &[Place] {
        &self.places
    }
    /// All activities.
    pub fn activities(&self) -> &[Activity] {
        &self.activities
    }
    /// All needs; of two that run low in the same minute, the earlier one is seen to first.
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }
    /// The place of that name.
    pub fn place_named(&self, name: &str) -> Option<PlaceId> {
        let index = self.places.iter().position(|place| place.name == name)?;
        u16::try_from(index).ok().map(PlaceId)
    }
    /// The activity of that name.
    pub fn activity_named(&self, name: &str) -> Option<ActivityId> {
        let index = self.activities.iter().position(|activity| activity.name == name)?;
        u16::try_from(index).ok().map(ActivityId)
    }
    /// That place; none where the number is of another plan.
    pub fn place(&self, id: PlaceId) -> Option<&Place> {
        self.places.get(usize::from(id.0))
    }
    /// That activity; none where the number is of another plan.
    pub fn activity(&self, id: ActivityId) -> Option<&Activity> {
        self.activities.get(usize::from(id.0))
    }
    /// Whether who does that is under a roof, and seen only by those who are there too.
    pub fn hides(&self, stretch: &Stretch) -> bool {
        stretch.doing != Doing::Walking && self.roofs.contains(&stretch.to)
    }
    pub(super) fn spot(&self, id: PlaceId) -> Spot {
        self.place(id).map_or(Spot::default(), |place| place.spot)
    }
    /// What a minute of an activity, or of none, adds to a need.
    pub(super) fn rate(&self, activity: Option<ActivityId>, need: usize) -> i64 {
        let none = self.activities.len();
        let row = activity.map_or(none, |id| usize::from(id.0).min(none));
        self.rates.get(row).and_then(|row| row.get(need)).copied().unwrap_or(0)
    }
}
