//! Lines over what grows, as SVG: both axes logarithmic.

use std::{fmt::Write, path::Path};

use stage::Workload;

use crate::{
    Failure,
    figures::{bytes, count, time},
    growth::{Growth, Point, Series},
    matrix::Matrix,
};

/// A line with its points.
struct Line {
    title: String,
    points: Vec<(f64, f64)>,
}

/// A chart: points have numbers above 0.
struct Chart<'a> {
    title: &'a str,
    along: &'a str,
    up: &'a str,
    /// How numbers along the upright axis are written.
    written: fn(f64) -> String,
    lines: Vec<Line>,
}

/// The lines' colours: told apart by people who see few colours, too, on light and on dark ground.
const COLOURS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c8c00", "#7f7f7f"];
/// What lines look like when the colours are used up.
const DASHES: [&str; 3] = ["none", "7 4", "2 3"];

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 410.0;

/// Writes all charts to `images`.
pub fn write(docs: &Path, matrix: &Matrix, growth: Option<&Growth>) -> Result<(), Failure> {
    let folder = docs.join("images");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let save = |name: &str, chart: &Chart<'_>| {
        let path = folder.join(format!("performance-{name}.svg"));
        std::fs::write(&path, chart.svg()).map_err(|error| format!("{}: {error}", path.display()))
    };
    for workload in &matrix.workloads {
        let title = format!("{}: cost of an entity", workload.name());
        let lines = over_entities(matrix, |name, entities| {
            Some(matrix.tick(name, *workload, entities)? / entities as f64)
        });
        let chart =
            Chart { title: &title, along: "entities", up: "time a tick", written: time, lines };
        save(workload.name(), &chart)?;
    }
    let lines = over_entities(matrix, |name, entities| {
        matrix.measured(name, Workload::Patrol, entities)?.memory.map(|bytes| bytes as f64)
    });
    let title = "patrol: memory of the process";
    save("memory", &Chart { title, along: "entities", up: "memory", written: bytes, lines })?;
    for series in growth.into_iter().flat_map(|growth| &growth.0) {
        save(series.name, &of_series(series))?;
        let memory = |point: &Point| Some((point.number as f64, point.measured.memory? as f64));
        let points = series.points.iter().filter_map(memory).collect();
        let lines = vec![Line { title: "memory of the process".to_owned(), points }];
        let title = format!("bevy_cscript: {}", series.title);
        let chart = Chart { title: &title, along: series.of, up: "memory", written: bytes, lines };
        save(&format!("{}-memory", series.name), &chart)?;
    }
    Ok(())
}

fn over_entities(matrix: &Matrix, of: impl Fn(&str, usize) -> Option<f64>) -> Vec<Line> {
    let line = |contestant: &&'static crate::contestants::Contestant| {
        let point = |entities: &usize| Some((*entities as f64, of(contestant.name, *entities)?));
        let points = matrix.entities.iter().filter_map(point).collect();
        Line { title: contestant.title.to_owned(), points }
    };
    matrix.contestants.iter().map(line).filter(|line| !line.points.is_empty()).collect()
}

fn of_series(series: &Series) -> Chart<'_> {
    let tick =
        series.points.iter().map(|point| (point.number as f64, point.measured.time.median()));
    // Events are what is done; else it is what entities do.
    let (one, each): (_, fn(&Point) -> f64) = if series.of == "events" {
        ("an event", |point| point.measured.time.median() / point.number as f64)
    } else {
        ("an entity", Point::each)
    };
    let each = series.points.iter().map(|point| (point.number as f64, each(point)));
    let lines = vec![
        Line { title: "a whole tick".to_owned(), points: tick.collect() },
        Line { title: one.to_owned(), points: each.collect() },
    ];
    Chart { title: series.title, along: series.of, up: "time a tick", written: time, lines }
}

impl Chart<'_> {
    fn svg(&self) -> String {
        let mut out = String::new();
        // Text takes all text.
        let _ = self.draw(&mut out);
        out
    }

    fn draw(&self, out: &mut String) -> std::fmt::Result {
        let numbers = || self.lines.iter().flat_map(|line| &line.points);
        let Some(across) = Axis::over(numbers().map(|point| point.0), LEFT, RIGHT) else {
            return Ok(());
        };
        let Some(up) = Axis::over(numbers().map(|point| point.1), BOTTOM, TOP) else {
            return Ok(());
        };
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
             <text x=\"{LEFT}\" y=\"26\" font-size=\"16\">{}</text>",
            self.title
        )?;
        for number in across.marks() {
            let x = across.place(number);
            let text = count(number as usize);
            writeln!(
                out,
                "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"#dddddd\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                BOTTOM + 18.0
            )?;
        }
        for number in up.marks() {
            let y = up.place(number);
            let text = (self.written)(number).replace(".00", "").replace(".0 ", " ");
            writeln!(
                out,
                "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#dddddd\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                LEFT - 8.0,
                y + 4.0
            )?;
        }
        writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, RIGHT),
            BOTTOM + 40.0,
            self.along,
            f64::midpoint(TOP, BOTTOM),
            self.up
        )?;
        for (i, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[i % COLOURS.len()];
            let dash = DASHES[i / COLOURS.len() % DASHES.len()];
            // The first is ours.
            let width = if i == 0 { 4 } else { 2 };
            let mut path = String::new();
            let mut dots = String::new();
            for (j, (along, high)) in line.points.iter().enumerate() {
                let (x, y) = (across.place(*along), up.place(*high));
                write!(path, "{}{x:.1} {y:.1}", if j == 0 { "M" } else { "L" })?;
                write!(dots, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>")?;
            }
            let (x, y) = (RIGHT + 14.0, TOP + 12.0 + 21.0 * i as f64);
            writeln!(
                out,
                "<path d=\"{path}M{x:.1} {y:.1}h24\" fill=\"none\" stroke=\"{colour}\" \
                 stroke-width=\"{width}\" stroke-dasharray=\"{dash}\"/>{dots}\
                 <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\">{}</text>",
                x + 30.0,
                y + 4.0,
                line.title
            )?;
        }
        writeln!(out, "</svg>")
    }
}

/// A logarithmic axis of whole decades.
struct Axis {
    from: f64,
    to: f64,
    begin: f64,
    end: f64,
}

impl Axis {
    /// The decades that hold all numbers, drawn from one place to another.
    fn over(numbers: impl Iterator<Item = f64>, begin: f64, end: f64) -> Option<Self> {
        let logarithms = numbers.filter(|number| *number > 0.0).map(f64::log10);
        let (least, most) = logarithms
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), number| {
                (a.min(number), b.max(number))
            });
        if !least.is_finite() || !most.is_finite() {
            return None;
        }
        let from = (least + 1e-9).floor();
        Some(Self { from, to: (most - 1e-9).ceil().max(from + 1.0), begin, end })
    }

    fn place(&self, number: f64) -> f64 {
        let part = (number.log10() - self.from) / (self.to - self.from);
        self.begin + (self.end - self.begin) * part
    }

    fn marks(&self) -> impl Iterator<Item = f64> {
        (self.from as i32..=self.to as i32).map(|decade| 10_f64.powi(decade))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_numbers_in_whole_decades() {
        let axis = Axis::over([100.0, 1e5].into_iter(), 0.0, 300.0).expect("there are numbers");
        assert_eq!(axis.marks().count(), 4);
        assert_eq!(axis.place(100.0).round(), 0.0);
        assert_eq!(axis.place(1e4).round(), 200.0);
        assert!(Axis::over(std::iter::empty(), 0.0, 1.0).is_none());
    }
}
