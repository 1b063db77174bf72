//! The console as HTML: a snapshot that needs no script, which the script then keeps up to date.
//! Knows the view and the rows; what it shows are texts.

use super::Console;
use super::invocation::Part;
use super::lane::State;
use super::model::{Changes, Model};
use super::rows;
use super::view::{Function, View};
use super::words;
use crate::events::QueueSnapshot;
use crate::iam::RoleGrants;
use crate::markup::escape;

/// The log lines a page without a script shows.
const MOST_LINES: usize = 200;
/// The calls it shows.
const MOST_CALLS: usize = 50;

/// Which log lines to show: those of a function, those of a request.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Filter {
    #[serde(default)]
    function: String,
    #[serde(default)]
    request: String,
}

/// The whole page. `now`: Unix ms.
pub fn html(console: &Console, filter: &Filter, now: f64) -> String {
    let view = console.view();
    let (model, changes) = console.model(now);
    let body = [
        head(&view),
        environments(&view, &model, now),
        calls(&changes, now),
        logs(&view, &changes, filter, now),
        refusals(&changes, now),
        roles(&view.roles),
        queues(&view),
        templates(),
    ]
    .concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>콘솔 · 이 컴퓨터의 AWS</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/_local/console.css\">\n\
         <script src=\"/_local/console.js\" defer></script>\n</head>\n<body>\n{body}</main>\n</body>\n</html>\n"
    )
}

const SECTIONS: [(&str, &str); 6] = [
    ("environments", "실행 환경"),
    ("calls", "호출"),
    ("logs", "로그"),
    ("refusals", "거절"),
    ("roles", "권한"),
    ("queues", "대기열과 일정"),
];

fn head(view: &View) -> String {
    let links: String =
        SECTIONS.iter().map(|(id, title)| format!("<li><a href=\"#{id}\">{title}</a></li>")).collect();
    let not_ready: Vec<_> =
        view.functions.iter().filter(|one| !one.ready).map(|one| one.function.as_str()).collect();
    let building = if not_ready.is_empty() {
        String::new()
    } else {
        format!(
            "<p class=\"note\" id=\"building\">아직 컴파일하지 않은 함수가 {}개 있다.</p>\n",
            not_ready.len()
        )
    };
    format!(
        "<a class=\"skip\" href=\"#main\">본문으로</a>\n<header>\n<h1>콘솔</h1>\n\
         <p>이 컴퓨터에서 도는 함수와 실행 환경, 호출과 로그를 지금 그대로 보인다. AWS에는 이 쪽이 없고, AWS의 콘솔과 CloudWatch가 이 자리를 대신한다. \
         <a href=\"/\">책으로</a></p>\n\
         <nav aria-label=\"이 쪽의 절\"><ul>{links}</ul></nav>\n</header>\n\
         <main id=\"main\" tabindex=\"-1\" data-words=\"{words}\">\n\
         <p id=\"connection\" role=\"status\" hidden></p>\n\
         <noscript><p class=\"note\">자바스크립트가 꺼져 있어 이 쪽은 연 순간의 모습이다. 다시 보려면 새로 고친다.</p></noscript>\n{building}",
        words = escape(&words::all().to_string())
    )
}

fn section(id: &str, content: &str) -> String {
    let title = SECTIONS.iter().find(|(known, _)| *known == id).map_or("", |(_, title)| title);
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{content}</section>\n"
    )
}

/// A table with the names of its columns. The roles stand there in words because narrow screens lay the table out otherwise.
fn table(class: &str, label: &str, columns: &[&str], body: &str) -> String {
    let head: String = columns
        .iter()
        .map(|name| {
            let class = if ["나이", "호출", "메모리", "CPU", "걸린 시간", "받은 횟수"].contains(name)
            {
                " class=\"n\""
            } else {
                ""
            };
            format!("<th role=\"columnheader\" scope=\"col\"{class}>{name}</th>")
        })
        .collect();
    format!(
        "<table role=\"table\" class=\"{class}\" aria-label=\"{label}\"><thead role=\"rowgroup\"><tr role=\"row\">{head}</tr></thead>\
         <tbody role=\"rowgroup\">{body}</tbody></table>\n",
        label = escape(label)
    )
}

fn environments(view: &View, model: &Model, now: f64) -> String {
    let legend = [State::Init, State::Running, State::Frozen, State::Gone];
    let legend = legend.map(|state| rows::legend(&rows::key(state), words::state(state)));
    let tools = format!(
        "<div class=\"tools\"><label hidden>보이는 시간 <select id=\"window\"><option value=\"60\">1분</option>\
         <option value=\"300\">5분</option><option value=\"900\">15분</option></select></label>\
         <ul class=\"legend\">{}</ul></div>\n\
         <p class=\"note\">줄 하나가 실행 환경 하나다. 오른쪽 끝이 지금이다. 요청이 오면 얼어 있던 환경이 녹아 다시 쓰이고, 없으면 새로 생긴다(콜드 스타트). \
         50ms보다 짧은 얼림은 그리지 않는다.</p>\n",
        legend.concat()
    );
    let functions: String = view.functions.iter().map(|function| of_function(function, model, now)).collect();
    section("environments", &format!("{tools}{functions}"))
}

fn of_function(function: &Function, model: &Model, now: f64) -> String {
    let rows: String = model
        .lanes()
        .filter(|lane| *lane.function == *function.function)
        .map(|lane| {
            let figures = function.environments.iter().find(|figures| *figures.id == *lane.id);
            rows::environment(lane, figures, now)
        })
        .collect();
    let name = escape(&function.function);
    let time = "<span class=\"axis\"><span data-window>1분 전</span> <span>지금</span></span>";
    let columns = ["환경", "상태", "나이", "호출", "메모리", "CPU", time];
    let limits = [
        Some(format!("{}MB", function.memory_size_mb)),
        Some(format!("제한 시간 {}초", function.timeout_ms / 1000)),
        function.reserved.map(|count| format!("예약된 동시성 {count}")),
        (function.provisioned > 0).then(|| format!("프로비저닝된 동시성 {}", function.provisioned)),
    ];
    let limits: Vec<_> = limits.into_iter().flatten().collect();
    let counts = &function.counts;
    let figure = |key: &str, name: &str, count: u64| {
        let hidden = if count == 0 && key != "invocations" { " hidden" } else { "" };
        format!("<li{hidden}>{name} <b data-figure=\"{key}\">{count}</b></li>")
    };
    let figures = [
        figure("invocations", "호출", counts.invocations),
        figure("coldStarts", "콜드 스타트", counts.cold_starts),
        figure("errors", "오류", counts.errors),
        figure("throttles", "스로틀링", counts.throttles),
        figure("waiting", "기다리는 이벤트", function.waiting as u64),
    ];
    format!(
        "<div class=\"function\" data-function=\"{name}\"{empty}><h3>{name}</h3><p class=\"limits\">{limits}</p><ul class=\"figures\">{figures}</ul>\
         <p class=\"none\">환경 없음</p>{table}</div>\n",
        empty = if rows.is_empty() { " data-empty" } else { "" },
        limits = limits.join(" · "),
        figures = figures.concat(),
        table = table("environments", &format!("{} 실행 환경", function.function), &columns, &rows),
    )
}

fn calls(changes: &Changes, now: f64) -> String {
    let rows: String =
        changes.invocations.iter().rev().take(MOST_CALLS).map(|call| rows::invocation(call, now)).collect();
    let columns =
        ["때", "함수와 요청", "결과", "시작", "걸린 시간", "구간", "<span class=\"hidden\">로그</span>"];
    let table = table("calls", "호출", &columns, &rows);
    let legend = [Part::Authorizer, Part::Gateway, Part::Waiting, Part::Init, Part::Handler];
    let legend = legend.map(|part| rows::legend(&rows::key(part), words::part(part))).concat();
    let note = format!("<p class=\"note\">새것이 위에 온다. 마지막 {MOST_CALLS}건까지 보인다.</p>\n");
    section("calls", &format!("<ul class=\"legend parts\">{legend}</ul>\n{note}{table}"))
}

fn logs(view: &View, changes: &Changes, filter: &Filter, now: f64) -> String {
    let wanted = changes.lines.iter().rev().filter(|line| {
        (filter.function.is_empty() || line.function == filter.function)
            && (filter.request.is_empty() || line.request_id.starts_with(&filter.request))
    });
    let mut lines: Vec<_> = wanted.take(MOST_LINES).map(|line| rows::line(line, now)).collect();
    lines.reverse();
    let options: String = view
        .functions
        .iter()
        .map(|one| {
            let name = escape(&one.function);
            let chosen = if one.function == filter.function { " selected" } else { "" };
            format!("<option{chosen}>{name}</option>")
        })
        .collect();
    let form = format!(
        "<form id=\"filter\" class=\"tools\" action=\"/_local/#logs\"><label>함수 <select name=\"function\"><option value=\"\">모두</option>{options}</select></label>\
         <label>요청 ID <input name=\"request\" value=\"{request}\" autocomplete=\"off\" spellcheck=\"false\" maxlength=\"64\"></label>\
         <button>찾기</button><button type=\"button\" id=\"pause\" hidden>멈춤</button></form>\n\
         <p id=\"said\" class=\"hidden\" role=\"status\"></p>\n",
        request = escape(&filter.request)
    );
    let list = format!(
        "<div id=\"lines\" class=\"log\" tabindex=\"0\" role=\"log\" aria-live=\"off\" aria-label=\"로그\">{}</div>\n",
        lines.concat()
    );
    section("logs", &format!("{form}{list}"))
}

fn refusals(changes: &Changes, now: f64) -> String {
    let rows: String = changes.refusals.iter().rev().map(|one| rows::refusal(one, now)).collect();
    let table = table("refusals", "거절", &["때", "누가", "함수", "무엇을", "까닭"], &rows);
    section("refusals", &format!("<p class=\"none\">아직 거절된 것이 없다.</p>\n{table}"))
}

fn roles(roles: &[RoleGrants]) -> String {
    let of = |role: &RoleGrants| {
        let (name, functions) = (escape(&role.role), escape(&role.functions.join(", ")));
        let rows: String = role.actions.iter().map(|grant| rows::grant(role, grant)).collect();
        let columns = ["동작", "대상", "지금", "<span class=\"hidden\">바꾸기</span>"];
        let content = match rows.is_empty() {
            true => "<p class=\"note\">테이블에도 대기열에도 아무것도 할 수 없다.</p>\n".to_owned(),
            false => table("grants", &format!("{} 동작", role.role), &columns, &rows),
        };
        format!("<div class=\"role\"><h3>{name}</h3><p class=\"limits\">{functions}</p>{content}</div>\n")
    };
    let is_taken = roles.iter().flat_map(|role| &role.actions).any(|grant| grant.taken);
    let all = format!(
        "<form method=\"post\" action=\"/_local/roles\" id=\"restore\" class=\"tools\"><button{}>모두 돌려주기</button></form>\n",
        if is_taken { "" } else { " disabled" }
    );
    let note = "<p class=\"note\">함수의 실행 역할이 무엇을 할 수 있는지 보인다. 동작 하나를 빼면 그 순간부터 <code>AccessDeniedException</code>이 난다. \
                템플릿이 준 것만 빼고 돌려줄 수 있고, 서버를 다시 켜면 모두 돌아온다.</p>\n";
    section("roles", &format!("{note}{all}{}", roles.iter().map(of).collect::<String>()))
}

fn queues(view: &View) -> String {
    let queues: String = view.queues.iter().map(queue).collect();
    let rows = view.schedules.iter().map(rows::schedule).collect::<String>();
    let schedules = table("schedules", "일정", &["일정", "함수", "간격"], &rows);
    section("queues", &format!("{queues}<div class=\"queue\">{schedules}</div>\n"))
}

fn queue(queue: &QueueSnapshot) -> String {
    let name = escape(&queue.name);
    let rows: String = queue.messages.iter().map(rows::message).collect();
    let dead_letters = match (&queue.dead_letter_queue, queue.max_receive_count) {
        (Some(name), Some(count)) => Some(format!("{count}번 받아도 지우지 않으면 {name}(DLQ)로 옮김")),
        _ => None,
    };
    let mapping = queue.mapping.as_ref().map(|mapping| {
        let partial = if mapping.reports_failures { ", 부분 배치 응답" } else { "" };
        format!("{}에 {}개까지 한 배치로{partial}", mapping.function, mapping.batch_size)
    });
    let limits = [
        Some(format!("가시성 제한 시간 {}", rows::duration(queue.visibility_timeout_ms as f64))),
        dead_letters,
        mapping,
    ];
    let limits: Vec<_> = limits.into_iter().flatten().map(|text| escape(&text)).collect();
    let figure =
        |key: &str, name: &str, count: u64| format!("<li>{name} <b data-figure=\"{key}\">{count}</b></li>");
    let figures = [
        figure("visible", "받을 수 있음", queue.visible as u64),
        figure("inFlight", "처리 중", queue.in_flight as u64),
        figure("delayed", "늦춰 둠", queue.delayed as u64),
        figure("sent", "보냄", queue.sent),
        figure("received", "받아 감", queue.received),
        figure("deleted", "지움", queue.deleted),
        figure("moved", "DLQ로 옮김", queue.moved),
    ];
    let problem = queue.mapping.as_ref().and_then(|mapping| mapping.problem.as_deref()).unwrap_or_default();
    let columns = ["메시지", "본문", "어디에", "받은 횟수", "나이"];
    format!(
        "<div class=\"queue\" data-queue=\"{name}\"><h3>{name}</h3><p class=\"limits\">{limits}</p><ul class=\"figures\">{figures}</ul>\
         <p class=\"problem\">{problem}</p>{table}</div>\n",
        limits = limits.join(" · "),
        figures = figures.concat(),
        problem = escape(problem),
        table = table("messages", &format!("{} 메시지", queue.name), &columns, &rows),
    )
}

/// The rows the script fills.
fn templates() -> String {
    let of = |id: &str, row: String| format!("<template id=\"{id}-row\">{row}</template>\n");
    [
        of("environment", rows::environment_template()),
        of("call", rows::invocation_template()),
        of("line", rows::line_template()),
        of("refusal", rows::refusal_template()),
        of("message", rows::message_template()),
    ]
    .concat()
}
