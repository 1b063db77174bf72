//! The month as a table in a terminal, with what it assumes.
//! Knows how wide Hangul is; knows no template.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::month::Month;
use super::prices::{FILE, Prices};

const COLUMNS: [&str; 7] = ["API Gateway", "CloudFront", "Lambda", "DynamoDB", "SQS", "로그", "합"];

/// The report on a month of the parameter set `set`.
pub fn table(month: &Month, prices: &Prices, set: &str) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let head = ["라우트 묶음", "라우트", "초당", "한꺼번에"];
    rows.push(head.iter().chain(&COLUMNS).map(|text| (*text).to_owned()).collect());
    let money = |usd: f64| format!("{usd:.2}");
    for line in &month.lines {
        let mut row =
            vec![line.class.clone(), line.routes.to_string(), line.rate.to_string(), line.burst.to_string()];
        row.extend(line.parts.each().map(money));
        row.push(money(line.parts.total()));
        rows.push(row);
    }
    let parts = month.parts();
    let mut row = vec!["라우트 모두".to_owned(), String::new(), format!("{:.2}", month.rate), String::new()];
    row.extend(parts.each().map(money));
    row.push(money(parts.total()));
    rows.push(row);
    for (name, usd) in &month.standing {
        let mut row = vec![(*name).to_owned()];
        row.resize(rows[0].len() - 1, String::new());
        row.push(money(*usd));
        rows.push(row);
    }
    let mut row = vec!["모두".to_owned()];
    row.resize(rows[0].len() - 1, String::new());
    row.push(money(month.total()));
    rows.push(row);

    // Writing into a String does not fail.
    let mut text = format!("가장 비싼 달 ({set}, 서울 리전, 31일, USD, 단가는 {})\n\n", prices.date);
    text.push_str(&aligned(&rows));
    let _ = write!(
        text,
        "\n라우트를 한 시간 내내 두드리면 {:.2} USD다.\n\n셈에 넣은 것과 넣지 않은 것\n{}",
        month.hour(),
        assumptions(month, prices)
    );
    text
}

fn assumptions(month: &Month, prices: &Prices) -> String {
    let million = |usd: f64| usd * 1e6;
    let lines = [
        format!("단가는 {FILE}에서 읽었다. 요금표로 다시 확인하지 않은 줄은 거기에 그렇게 적혀 있다(CloudFront, 보관, 일정, 큐, 경보, 가입)."),
        "모든 라우트가 한 달 내내 버킷이 차는 속도로 불리고, 요청마다 허용된 가장 비싼 요청이며 콜드 스타트다.".to_owned(),
        "무료 사용량은 하나도 빼지 않았다. CloudFront는 쓴 만큼 내는 요금이다(정액 요금제라면 그 칸은 0이다).".to_owned(),
        format!(
            "넘쳐서 429를 받은 요청은 API Gateway가 세지 않는다고 보았다. AWS 직원의 답이 그렇고, 약속은 아니다. CloudFront는 센다(백만 번에 {:.2} USD). 책의 페이지를 읽는 요청도 그렇다. 이 둘에는 스로틀이 없다.",
            million(prices.cloudfront.request)
        ),
        "큐에 온 메시지는 하나하나가 독이고, 받을 때마다 혼자 배치가 되어 DLQ에 갈 때까지 함수를 부른다고 보았다.".to_owned(),
        "스로틀과 테이블의 상한은 AWS에서 목표이지 보장이 아니다. 잠깐은 더 들어갈 수 있다.".to_owned(),
        format!(
            "몸통은 함수가 보는 4 KB까지로 보았다. API Gateway는 10 MB까지 받고 512 KB마다 한 번으로 센다. 그런 몸통만 한 달 내내 오면 {:.2} USD가 더 든다. 가드의 바이트 경보가 5분 만에 끄는 것이 그것이다.",
            month.huge_bodies
        ),
        format!(
            "DynamoDB는 제때 답한다고 보았다. 한 달 내내 마감까지 끌면 Lambda에 {:.2} USD가 더 든다.",
            month.slow_table
        ),
        format!(
            "테이블이 상한만큼 한 달 내내 쓰이면 {:.2} USD다. 라우트의 스로틀이 먼저 막으므로 위의 합에는 없다.",
            month.table_maximum
        ),
    ];
    lines.iter().map(|line| format!("- {line}\n")).collect()
}

/// The first column to the left, numbers to the right; columns as wide as their widest cell.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let blank = " ".repeat(width.saturating_sub(cell.width()));
            line.push_str(&if column == 0 { format!("{cell}{blank}") } else { format!("  {blank}{cell}") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_is_two_cells_wide() {
        let rows = [["라우트", "합"], ["a", "1.00"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "라우트    합\na       1.00\n");
    }
}
