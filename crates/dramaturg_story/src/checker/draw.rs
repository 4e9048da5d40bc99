//! The story as a picture: beats, what follows them, and how many of the states that can be reached are in each.

use super::report::Report;
use crate::{Beat, Pack};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Beat,
    Storylet,
    Ending,
}

struct Node {
    name: String,
    kind: Kind,
    heat: usize,
}

/// A way from one node to another.
struct Way {
    from: usize,
    to: usize,
    /// Whether it is ever gone.
    gone: bool,
    /// Written in `next`; else it is entered, or comes by itself.
    next: bool,
}

struct Drawing {
    nodes: Vec<Node>,
    ways: Vec<Way>,
    hottest: usize,
}

impl Drawing {
    fn new(pack: &Pack, report: &Report) -> Self {
        let beat = |beat: &Beat| {
            let kind = if beat.is_storylet() { Kind::Storylet } else { Kind::Beat };
            (beat.id.clone(), kind)
        };
        let endings = pack.endings().iter().map(|e| (format!("ending {}", e.id), Kind::Ending));
        let nodes: Vec<Node> = pack
            .beats()
            .iter()
            .map(beat)
            .chain(endings)
            .map(|(name, kind)| Node {
                heat: report.heat.get(&name).copied().unwrap_or_default(),
                name,
                kind,
            })
            .collect();
        let number: BTreeMap<&str, usize> =
            nodes.iter().enumerate().map(|(at, n)| (n.name.as_str(), at)).collect();
        let mut written: BTreeSet<(String, String)> = BTreeSet::new();
        for beat in pack.beats() {
            let next = beat.next.iter().filter(|id| pack.beat(id).is_some());
            written.extend(next.map(|id| (beat.id.clone(), id.clone())));
        }
        let all: BTreeSet<&(String, String)> = report.ways.iter().chain(&written).collect();
        let ways = all.into_iter().filter_map(|way| {
            Some(Way {
                from: *number.get(way.0.as_str())?,
                to: *number.get(way.1.as_str())?,
                gone: report.ways.contains(way),
                next: written.contains(way) || way.1.starts_with("ending "),
            })
        });
        let ways = ways.collect();
        let hottest = nodes.iter().map(|node| node.heat).max().unwrap_or_default();
        Self { nodes, ways, hottest }
    }

    /// From white to a warm red, by the logarithm of how many states there are.
    fn colour(&self, node: &Node) -> String {
        if node.heat == 0 {
            return "#eeeeee".into();
        }
        let scale = |heat: usize| libm::logf(1.0 + heat as f32);
        let warm = scale(node.heat) / scale(self.hottest).max(1e-6);
        let mix = |cold: f32, hot: f32| (cold + (hot - cold) * warm) as u8;
        format!("#{:02x}{:02x}{:02x}", mix(255.0, 240.0), mix(248.0, 110.0), mix(225.0, 70.0))
    }

    /// The row of each node: how many steps it is from the start.
    fn rows(&self) -> Vec<usize> {
        let mut rows = vec![usize::MAX; self.nodes.len()];
        let mut open = std::collections::VecDeque::new();
        if !rows.is_empty() {
            rows[0] = 0;
            open.push_back(0);
        }
        while let Some(at) = open.pop_front() {
            for way in self.ways.iter().filter(|way| way.from == at) {
                if rows[way.to] == usize::MAX {
                    rows[way.to] = rows[at] + 1;
                    open.push_back(way.to);
                }
            }
        }
        let last = rows.iter().copied().filter(|row| *row != usize::MAX).max().unwrap_or_default();
        for (node, row) in self.nodes.iter().zip(&mut rows) {
            // Endings stand at the bottom, what is not reached below all.
            if *row == usize::MAX {
                *row = last + 2;
            } else if node.kind == Kind::Ending {
                *row = last + 1;
            }
        }
        rows
    }
}

/// The story in the language of Mermaid, <https://mermaid.js.org>.
pub fn mermaid(pack: &Pack, report: &Report) -> String {
    let drawing = Drawing::new(pack, report);
    let title = title(pack).replace(['\n', '"', '\\'], " ");
    let mut out = format!("---\ntitle: \"{title}\"\n---\nflowchart TD\n");
    for (at, node) in drawing.nodes.iter().enumerate() {
        let label = format!("{}<br/>{}", label(node), states(node.heat)).replace('"', "#quot;");
        let shape = match node.kind {
            Kind::Beat => format!("n{at}[\"{label}\"]"),
            Kind::Storylet => format!("n{at}(\"{label}\")"),
            Kind::Ending => format!("n{at}([\"{label}\"])"),
        };
        let _ = writeln!(out, "  {shape}");
        let dashed = if node.heat == 0 { ",stroke-dasharray:4" } else { "" };
        let _ = writeln!(out, "  style n{at} fill:{},color:#222{dashed}", drawing.colour(node));
    }
    for way in &drawing.ways {
        let arrow = match (way.gone, way.next) {
            (true, true) => "-->",
            (true, false) => "==>",
            (false, _) => "-.->",
        };
        let _ = writeln!(out, "  n{} {arrow} n{}", way.from, way.to);
    }
    out
}

const WIDTH: usize = 170;
const HEIGHT: usize = 46;
const ACROSS: usize = 40;
const DOWN: usize = 64;
const MARGIN: usize = 30;
/// Room for the title.
const TOP: usize = 70;
/// The most nodes side by side.
const MOST: usize = 12;

/// The story as a picture in SVG.
pub fn svg(pack: &Pack, report: &Report) -> String {
    let drawing = Drawing::new(pack, report);
    let lines = lines(&drawing);
    let widest = lines.iter().map(Vec::len).max().unwrap_or(1);
    let width = MARGIN * 2 + widest * (WIDTH + ACROSS);
    let height = TOP + lines.len() * (HEIGHT + DOWN) + MARGIN;
    let mut places = vec![(0, 0); drawing.nodes.len()];
    for (row, line) in lines.iter().enumerate() {
        let indent = (widest - line.len()) * (WIDTH + ACROSS) / 2;
        for (column, node) in line.iter().enumerate() {
            places[*node] =
                (MARGIN + indent + column * (WIDTH + ACROSS), TOP + row * (HEIGHT + DOWN));
        }
    }
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"30\" font-size=\"18\">{}</text>\n",
        escaped(title(pack))
    );
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"50\" fill=\"#777\">{}; the warmer, the more states; dashed: never gone or reached</text>",
        states(report.states)
    );
    for way in &drawing.ways {
        let _ = writeln!(out, "{}", arrow(&places, way));
    }
    for (node, (x, y)) in drawing.nodes.iter().zip(&places) {
        let round = if node.kind == Kind::Beat { 4 } else { HEIGHT / 2 };
        let dashed = if node.heat == 0 { " stroke-dasharray=\"4\"" } else { "" };
        let (middle, first, second) = (x + WIDTH / 2, y + 20, y + 37);
        let _ = writeln!(
            out,
            "<g><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{round}\" fill=\"{}\" stroke=\"#444\"{dashed}/>\
             <text x=\"{middle}\" y=\"{first}\" text-anchor=\"middle\">{}</text>\
             <text x=\"{middle}\" y=\"{second}\" text-anchor=\"middle\" fill=\"#555\" font-size=\"11\">{}</text></g>",
            drawing.colour(node),
            escaped(&label(node)),
            states(node.heat),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// The nodes of each line, in an order in which few ways cross: each by where those above it stand.
fn lines(drawing: &Drawing) -> Vec<Vec<usize>> {
    let rows = drawing.rows();
    let mut lines: Vec<Vec<usize>> =
        vec![Vec::new(); rows.iter().copied().max().unwrap_or_default() + 1];
    rows.iter().enumerate().for_each(|(node, row)| lines[*row].push(node));
    lines.retain(|line| !line.is_empty());
    let mut stands = vec![0.0_f32; drawing.nodes.len()];
    for line in &mut lines {
        let above = |node: usize| {
            let from: Vec<f32> = drawing
                .ways
                .iter()
                .filter(|way| way.to == node && rows[way.from] < rows[node])
                .map(|way| stands[way.from])
                .collect();
            from.iter().sum::<f32>() / from.len().max(1) as f32
        };
        let mut placed: Vec<(f32, usize)> = line.iter().map(|node| (above(*node), *node)).collect();
        placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let count = placed.len().max(1) as f32;
        for (at, (_, node)) in placed.iter().enumerate() {
            stands[*node] = (at as f32 + 0.5) / count;
        }
        *line = placed.into_iter().map(|(_, node)| node).collect();
    }
    lines
        .into_iter()
        .flat_map(|line| line.chunks(MOST).map(<[usize]>::to_vec).collect::<Vec<_>>())
        .collect()
}

fn arrow(places: &[(usize, usize)], way: &Way) -> String {
    let ((x1, y1), (x2, y2)) = (places[way.from], places[way.to]);
    let (x1, x2) = (x1 + WIDTH / 2, x2 + WIDTH / 2);
    let style = match (way.gone, way.next) {
        (true, true) => "stroke=\"#555\"",
        (true, false) => "stroke=\"#36c\"",
        (false, _) => "stroke=\"#bbb\" stroke-dasharray=\"4\"",
    };
    let path = if y2 > y1 {
        let (from, to) = (y1 + HEIGHT, y2);
        let bend = (from + to) / 2;
        format!("M{x1} {from}C{x1} {bend} {x2} {bend} {x2} {to}")
    } else {
        // Back or to itself: around on the right.
        let (from, to) = (y1 + HEIGHT / 2, y2 + HEIGHT / 2);
        let (right1, right2) = (x1 + WIDTH / 2, x2 + WIDTH / 2);
        let out = right1.max(right2) + ACROSS;
        let to = if from == to { to + HEIGHT / 3 } else { to };
        format!("M{right1} {from}C{out} {from} {out} {to} {right2} {to}")
    };
    format!("<path d=\"{path}\" fill=\"none\" {style} marker-end=\"url(#tip)\"/>")
}

fn title(pack: &Pack) -> &str {
    pack.title(pack.locales.first().map(String::as_str).unwrap_or_default())
}

fn label(node: &Node) -> String {
    node.name.clone()
}

fn states(count: usize) -> String {
    match count {
        0 => "never reached".into(),
        1 => "1 state".into(),
        count => format!("{count} states"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
