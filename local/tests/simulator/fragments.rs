//! The figures of book/src/simulations: what each of them shows, and their HTML, held equal to the files.
//! Knows the model and the drawing.

use std::fmt::Write;

use crate::figure::{WORDS, draw};
use crate::model::{Course, Outcome, Scenario, run};
use crate::{hold, limits, project};

/// Positions of the slider.
const STEPS: u64 = 48;

/// Something a reader may choose: a field of the scenario, its label, and its options as JSON; the first is chosen at first.
pub struct Choice {
    field: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
}

/// A figure of the book.
pub struct Fragment {
    pub name: &'static str,
    pub title: &'static str,
    /// Blocks of the book for which the model stands in when nothing answers.
    pub blocks: &'static str,
    pub unit: &'static str,
    /// The time axis: [`STEPS`] times this.
    pub slice: u64,
    pub choices: Vec<Choice>,
    /// Fields nobody chooses.
    pub settings: Vec<(&'static str, u64)>,
    pub caption: String,
}

/// A number that may be chosen.
pub fn choice(field: &'static str, label: &'static str, options: &[(&str, u64)]) -> Choice {
    let options = options.iter().map(|(text, value)| ((*text).to_owned(), value.to_string()));
    Choice { field, label, options: options.collect() }
}

/// Arrivals that may be chosen.
pub fn requests(options: &[(&str, Vec<u64>)]) -> Choice {
    let options =
        options.iter().map(|(text, times)| ((*text).to_owned(), serde_json::to_string(times).unwrap()));
    Choice { field: "arrivals", label: "요청", options: options.collect() }
}

/// `count` arrivals, one each `spacing`, from `start` on.
pub fn every(spacing: u64, count: u64, start: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |n| start + n * spacing)
}

/// Each second as many at once as the list says.
fn each_second(counts: &[u64]) -> Vec<u64> {
    counts.iter().enumerate().flat_map(|(second, count)| every(0, *count, second as u64 * 1000)).collect()
}

/// Larger than anything here: no limit.
pub const NONE: u64 = 1_000_000_000;

/// Idle times far beyond every axis.
pub const IDLE: u64 = 600_000;

fn fragments() -> Vec<Fragment> {
    let short_or_long = || choice("handler", "처리 시간", &[("100ms", 100), ("1초", 1000)]);
    vec![
        Fragment {
            name: "sequential",
            title: "차례로 열 번 부르면",
            blocks: "in-a-row grow-in-turn quiet-ten",
            unit: "ms",
            slice: 125,
            choices: vec![
                requests(&[
                    ("10개를 0.5초마다", every(500, 10, 0).collect()),
                    ("10개를 0.2초마다", every(200, 10, 0).collect()),
                    ("10개를 한꺼번에", every(0, 10, 0).collect()),
                ]),
                short_or_long(),
            ],
            settings: vec![("init", 300), ("idle", IDLE)],
            caption: "앞의 요청이 끝난 다음에 다음 요청이 온다. 환경 하나가 모두 처리하고 콜드 스타트는 처음 한 번뿐이다. \
                      처리 시간을 1초로 늘리면 앞의 요청이 끝나기 전에 다음이 오므로 환경이 늘어난다."
                .to_owned(),
        },
        Fragment {
            name: "burst",
            title: "동시에 열 번, 이어서 다시 열 번",
            blocks: "burst-twenty burst-again grow-four sudden-twelve warm-four provisioned-five",
            unit: "ms",
            slice: 75,
            choices: vec![
                requests(&[
                    ("10개씩 두 번", every(0, 10, 0).chain(every(0, 10, 2000)).collect()),
                    ("10개, 이어서 20개", every(0, 10, 0).chain(every(0, 20, 2000)).collect()),
                    ("20개, 이어서 4개", every(0, 20, 0).chain(every(0, 4, 2000)).collect()),
                ]),
                choice("handler", "처리 시간", &[("200ms", 200), ("1초", 1000)]),
                choice("provisioned", "프로비저닝된 동시성", &[("없음", 0), ("4개", 4), ("10개", 10)]),
            ],
            settings: vec![("init", 300), ("idle", IDLE)],
            caption: "첫 무리는 빈 환경이 없어 열 개가 모두 초기화를 거친다. 둘째 무리는 얼어 있던 열 개를 그대로 쓰므로 \
                      콜드 스타트가 없다."
                .to_owned(),
        },
        Fragment {
            name: "idle",
            title: "뜸하게 부르면",
            blocks: "cold-then-warm",
            unit: "초",
            slice: 5,
            choices: vec![
                requests(&[
                    ("30초 쉬고, 90초 쉬고, 30초 쉬고", vec![0, 30, 120, 150]),
                    ("40초마다 여섯 번", every(40, 6, 0).collect()),
                    ("100초마다 세 번", every(100, 3, 0).collect()),
                ]),
                choice("idle", "얼려 두는 시간", &[("1분", 60), ("2분", 120), ("10초", 10)]),
            ],
            settings: vec![("init", 1), ("handler", 2)],
            caption: "얼린 환경은 얼려 두는 시간 안에 요청이 오면 녹아서 바로 일하고, 오지 않으면 폐기된다. 폐기된 뒤의 요청은 \
                      다시 초기화부터다. AWS는 이 시간을 공개하지 않는다. 그림은 보기 좋게 1분, 초기화 1초, 처리 2초로 두었다."
                .to_owned(),
        },
        limits::limit(),
        limits::downstream(),
        limits::settings(),
        Fragment {
            name: "scale",
            title: "요청이 1개에서 50개로 튀었다 줄면",
            blocks: "grow-at-once grow-four",
            unit: "ms",
            slice: 250,
            choices: vec![
                requests(&[
                    ("1초마다 1, 50, 20, 5, 1, 1, …", each_second(&[1, 50, 20, 5, 1, 1, 1, 1, 1, 1])),
                    ("1초마다 1, 5, 10, 15, 10, 5, 1, …", each_second(&[1, 5, 10, 15, 10, 5, 1, 1, 1, 1])),
                ]),
                choice("handler", "처리 시간", &[("800ms", 800), ("200ms", 200), ("1.5초", 1500)]),
                choice("idle", "얼려 두는 시간", &[("4초", 4000), ("1초", 1000), ("10분", 600_000)]),
            ],
            settings: vec![("init", 200)],
            caption: "요청이 몰리면 환경이 요청 수만큼 복제되고, 줄면 가장 나중에 쓴 환경부터 다시 쓰므로 나머지가 하나씩 폐기된다. \
                      늘리는 명령도 줄이는 명령도 없다. 얼려 두는 시간은 그림에 담기게 4초로 줄였다. AWS는 이 시간을 공개하지 않는다."
                .to_owned(),
        },
    ]
}

impl Fragment {
    fn value(&self, field: &str) -> Option<&str> {
        let chosen = self.choices.iter().find(|choice| choice.field == field)?;
        Some(&chosen.options[0].1)
    }

    /// What the form says before anybody chooses.
    fn scenario(&self) -> Scenario {
        let number = |field: &str| -> Option<u64> {
            let set = self.settings.iter().find(|(name, _)| *name == field).map(|(_, value)| *value);
            set.or_else(|| self.value(field).map(|value| value.parse().unwrap()))
        };
        let small = |field: &str| number(field).map(|value| u32::try_from(value).unwrap());
        Scenario {
            arrivals: serde_json::from_str(self.value("arrivals").unwrap()).unwrap(),
            handler: number("handler").unwrap(),
            init: number("init").unwrap(),
            idle: number("idle").unwrap(),
            reserved: small("reserved"),
            provisioned: small("provisioned"),
            rate: small("rate").map(f64::from),
            burst: small("burst").map(f64::from),
        }
    }

    fn html(&self) -> String {
        let Self { name, title, blocks, unit, slice, caption, .. } = self;
        let scenario = self.scenario();
        let until = slice * STEPS;
        let figure = draw(&run(&scenario), &scenario.arrivals, until);
        let mut html = String::new();
        let label = format!(
            "{title}: 가로는 시각, 맨 윗줄은 거절된 요청, 그 아래로 줄 하나가 실행 환경 하나. 아래 표에 같은 내용이 있다."
        );
        let (lines, height) = (figure.lines, figure.lines * 12);
        writeln!(
            html,
            r#"<figure class="simulator" id="simulator-{name}" data-for="{blocks}">
<p><span class="badge model">모델</span> <strong>{title}</strong></p>
<svg role="img" aria-label="{label}" width="100%" preserveAspectRatio="none" viewBox="0 -.5 {until} {lines}" height="{height}">{}</svg>
<form class="live" autocomplete="off" hidden>"#,
            figure.paths
        )
        .unwrap();
        self.form(&mut html, until);
        let counts = WORDS
            .iter()
            .zip(figure.counts)
            .map(|(word, count)| format!(r#"{word} <b title="{word}">{count}</b>번"#));
        writeln!(
            html,
            r##"</form>
<p role="status"><b>{until}</b>{unit}까지: {}.</p>
<details class="live"><summary>표로 보기</summary><table><thead><tr><th>환경</th><th>상태</th><th>시작({unit})</th></tr></thead><tbody>{}</tbody></table></details>
<div role="alert">함수의 답을 얻지 못했다면 같은 일을 <a href="#simulator-{name}">모델 «{title}»</a>에서 볼 수 있다.</div>
<figcaption>{}. 환경 0은 거절된 요청이다. {caption}</figcaption>
</figure>"##,
            counts.collect::<Vec<_>>().join(", "),
            figure.rows,
            legend(),
        )
        .unwrap();
        html
    }

    fn form(&self, html: &mut String, until: u64) {
        let (slice, unit) = (self.slice, self.unit);
        writeln!(
            html,
            r#"<p class="live-inputs"><label>시각({unit}) <input type="range" name="step" min="0" max="{until}" step="{slice}" value="{until}"></label></p>
<p class="live-buttons"><button type="button" value="-{STEPS}">처음으로</button><button type="button" value="-1">뒤로</button><button type="button" value="1">앞으로</button></p>"#
        )
        .unwrap();
        html.push_str(r#"<p class="live-inputs">"#);
        for Choice { field, label, options } in &self.choices {
            let options =
                options.iter().map(|(text, value)| format!(r#"<option value="{value}">{text}</option>"#));
            let options = options.collect::<String>();
            write!(html, r#"<label>{label} <select name="{field}">{options}</select></label>"#).unwrap();
        }
        html.push_str("</p>\n");
        for (field, value) in &self.settings {
            write!(html, r#"<input type="hidden" name="{field}" value="{value}">"#).unwrap();
        }
        html.push('\n');
    }
}

fn legend() -> String {
    let samples = WORDS.iter().enumerate().map(|(index, word)| {
        let state = index + 1;
        let line = if state < 5 { "M0 6H24" } else { "M12 6h1" };
        format!(r#"<svg width="24" height="12" viewBox="-4 0 32 12" aria-hidden="true"><path class="s{state}" d="{line}"></path></svg> {word}"#)
    });
    samples.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_figures_of_the_book_are_drawn_from_the_model() {
    for fragment in fragments() {
        let html = fragment.html();
        assert!(!html.contains("\n\n"), "{}: a blank line would end the HTML block", fragment.name);
        hold(&project(&format!("book/src/simulations/{}.html", fragment.name)), &html);
    }
}

fn course(name: &str) -> (Scenario, Course) {
    let scenario = fragments().iter().find(|fragment| fragment.name == name).unwrap().scenario();
    let course = run(&scenario);
    (scenario, course)
}

/// The captions' claims.
#[test]
fn the_captions_are_true() {
    let cold = |course: &Course| {
        let cold =
            course.requests.iter().map(|outcome| matches!(outcome, Outcome::Served { cold: true, .. }));
        cold.collect::<Vec<_>>()
    };
    let (_, sequential) = course("sequential");
    assert_eq!(
        (sequential.environments.len(), cold(&sequential).iter().filter(|cold| **cold).count()),
        (1, 1)
    );
    let (_, burst) = course("burst");
    assert_eq!(cold(&burst), [[true; 10], [false; 10]].concat());
    let (_, idle) = course("idle");
    assert_eq!(cold(&idle), [true, false, true, false]);
    let limit = limits::limit().caption;
    assert!(limit.contains("1초가 걸리면 20개가, 100ms면 0개가 거절된다"), "{limit}");
    let downstream = limits::downstream().caption;
    assert!(downstream.contains("연결이 40개 필요해서 20개가 모자란다"), "{downstream}");
    assert!(downstream.contains("손님 20명이 503을 본다"), "{downstream}");
    let settings = limits::settings().caption;
    assert!(settings.contains("4를 프로비저닝하면 콜드 스타트 4번, 거절 0번"), "{settings}");
    assert!(settings.contains("둘 다 4면 콜드 스타트 0번, 거절 8번"), "{settings}");
    let (_, scale) = course("scale");
    assert_eq!(scale.environments.len(), 50);
    let ends: Vec<u64> = scale.environments.iter().map(|lane| lane.last().unwrap().2.unwrap()).collect();
    assert!(ends.is_sorted(), "the environments used last stay longest: {ends:?}");
    assert!(ends[48] < 8_000 && ends[49] > 12_000, "one is left in the picture: {ends:?}");
}

/// A reader pays for the script on every page: 1,200 bytes as gzip -9 packs it.
#[test]
fn the_script_is_small() {
    let script = std::fs::read(project("book/theme/simulator.js")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &script).unwrap();
    let packed = packed.finish().unwrap().len();
    assert!(packed <= 1_200, "{packed} bytes");
}
