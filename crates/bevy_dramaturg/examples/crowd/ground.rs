//! The town's ground: a market square, what stands in it, and the houses around.

use bevy_dramaturg::routine::{Activity, Need, Place, Spot, TownPlan};
use serde::Deserialize;

/// Half of the town, in metres, from the well in its middle.
pub const HALF: (i32, i32) = (120, 66);
/// Half of the square.
pub const SQUARE: (i32, i32) = (56, 34);

/// Something that stands there, as the window draws it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    House,
    Workshop,
    Stall,
    Bench,
    Landmark,
    Field,
}

/// A piece of the map, in metres: its middle and its size.
#[derive(Clone, Debug)]
pub struct Piece {
    pub name: String,
    pub kind: Kind,
    pub at: (i32, i32),
    pub size: (i32, i32),
    /// Where one stands who is there, from its middle.
    pub door: (i32, i32),
}

impl Piece {
    /// Whether who is there is seen.
    pub fn is_indoors(&self) -> bool {
        matches!(self.kind, Kind::House | Kind::Workshop)
    }
}

#[derive(Deserialize)]
struct Customs {
    needs: Vec<Need>,
    activities: Vec<Activity>,
}

/// All pieces of the map.
pub fn pieces() -> Vec<Piece> {
    let mut all = Vec::new();
    let mut add =
        |name: String, kind, at, size, door| all.push(Piece { name, kind, at, size, door });
    for (row, y) in [-60, -47, 47, 60].into_iter().enumerate() {
        for column in 0..15 {
            let x = -98 + column * 14;
            let door = if y < 0 { 6 } else { -6 };
            let number = row * 15 + column as usize;
            add(format!("house {number}"), Kind::House, (x, y), (11, 9), (0, door));
        }
    }
    let shops = [
        ("bakery", -84, -28),
        ("smithy", -84, -10),
        ("carpenter", -84, 8),
        ("weaver", -84, 26),
        ("school", 84, -28),
        ("chapel", 84, -10),
        ("cooper", 84, 8),
        ("tavern", 84, 26),
    ];
    for (name, x, y) in shops {
        add(name.into(), Kind::Workshop, (x, y), (20, 14), (if x < 0 { 12 } else { -12 }, 0));
    }
    for number in 0..24 {
        let (row, column) = (number / 6, number % 6);
        let x = -40 + column * 16;
        let y = [-24, -13, 13, 24][row as usize];
        add(format!("stall {number}"), Kind::Stall, (x, y), (7, 3), (0, 3));
        // Customers stand before it.
        add(format!("counter {number}"), Kind::Landmark, (x, y - 3), (0, 0), (0, 0));
    }
    for number in 0..10 {
        let x = if number % 2 == 0 { -53 } else { 53 };
        add(format!("bench {number}"), Kind::Bench, (x, -24 + (number / 2) * 12), (2, 5), (0, 0));
    }
    for (name, x, y, wide, tall) in [
        ("well", 0, 0, 5, 5),
        ("fountain steps", -26, 0, 7, 7),
        ("linden", 27, 0, 9, 9),
        ("pies west", -47, -31, 5, 3),
        ("pies east", 47, -31, 5, 3),
        ("tavern yard", 68, 27, 9, 9),
    ] {
        add(name.into(), Kind::Landmark, (x, y), (wide, tall), (0, 0));
    }
    for (number, (x, y)) in
        [(-62, -37), (62, -37), (-62, 37), (62, 37), (0, -37), (0, 37)].into_iter().enumerate()
    {
        add(format!("post {number}"), Kind::Landmark, (x, y), (0, 0), (0, 0));
    }
    for number in 0..8 {
        let x = if number % 2 == 0 { -115 } else { 115 };
        add(format!("field {number}"), Kind::Field, (x, -45 + (number / 2) * 30), (9, 26), (0, 0));
    }
    for (number, (x, y)) in [(-10, -8), (10, 8), (-12, 8), (12, -8)].into_iter().enumerate() {
        add(format!("corner {number}"), Kind::Landmark, (x, y), (0, 0), (0, 0));
    }
    all
}

/// What the people share: those pieces as places, and what `town.ron` says.
pub fn plan(pieces: &[Piece], far: usize) -> Result<TownPlan, Box<dyn std::error::Error>> {
    let customs: Customs = ron::from_str(include_str!("town.ron"))?;
    let place = |piece: &Piece| {
        let at = Spot::metres(piece.at.0 + piece.door.0, piece.at.1 + piece.door.1);
        Place { indoors: piece.is_indoors(), ..Place::new(piece.name.clone(), at) }
    };
    let mut places: Vec<Place> = pieces.iter().map(place).collect();
    // Villages from which nobody comes to the square: for the measure of those who are dormant.
    places.extend((0..far).map(|number| {
        Place::new(format!("village {number}"), Spot::metres(20_000 + number as i32 * 300, 0))
    }));
    Ok(TownPlan::new(places, customs.activities, customs.needs)?)
}
