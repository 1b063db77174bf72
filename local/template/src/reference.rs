//! Writes down for people what this machine understands of a template: `README.md` beside this crate is this text.
//! Knows the lists the other modules check against, and Markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::intrinsics::{CONDITIONS, FUNCTIONS, NO_VALUE};
use crate::resources::inputs::{OF_RULES, TYPES};
use crate::resources::{Reader, SECTIONS};
use crate::support::{ATTRIBUTES, DEPLOY_ONLY_TYPES, OF_PARAMETERS, SUPPORT};
use crate::yaml::{Node, Place, Value};
use crate::{ACCOUNT, REGION, Stack};

const HEAD: &str = "\
# template.yaml에서 이 컴퓨터가 알아듣는 것

<!-- 이 글은 코드의 목록에서 만든다. 고칠 곳은 src/support.rs이고, `TEMPLATE_BLESS=1 cargo test -p template --test reference`가 다시 쓴다. -->

[`template.yaml`](../../template.yaml)에 적힌 것은 셋 가운데 하나다. 소리 없이 무시하는 것은 없다.

- **지킨다**: 적힌 대로 이 컴퓨터에서 돈다.
- **배포에만 쓴다**: AWS에서만 뜻이 있다. 시작할 때 무엇을 빼놓는지 한 번 인쇄한다.
- **거절한다**: 아래에 없는 종류, 속성, 함수, 매개변수 종류는 모두 잘못이다. 시작하지 않고 `파일:줄:칸`과 고칠 방법을 한꺼번에 보인다.

## 자원
";

/// The whole text.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for support in SUPPORT {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n### {}\n\n{}\n\n| | 속성 |\n|---|---|\n| 지킨다 | {} |\n| 배포에만 쓴다 | {} |\n",
            support.resource_type,
            support.becomes,
            list(support.honoured),
            list(support.deploy_only)
        );
    }
    let _ = write!(
        text,
        "\n### AWS에만 있는 종류\n\n속성까지 통째로 배포에만 쓴다. 여기서 도는 것이 이들의 이름이나 주소를 가리키면 잘못이다.\n\n{}\n",
        list(DEPLOY_ONLY_TYPES)
    );
    let empty = Node { value: Value::Map(Vec::new()), place: Place { line: 1, column: 1 }, tag: None };
    let nothing = BTreeMap::new();
    let reader = Reader::new(&empty, &nothing, Stack { id: "", origin: "" });
    let pseudo: Vec<_> = reader.pseudo_parameters().chain([NO_VALUE]).collect();
    let _ = write!(
        text,
        "\n## 나머지\n\n| 어디에 | 알아듣는 것 |\n|---|---|\n\
         | 템플릿의 절 | {} |\n\
         | 자원의 `Properties` 곁 | {} |\n\
         | 매개변수의 종류 | {} |\n\
         | 매개변수의 항목 | {} |\n\
         | 규칙(`Rules`)의 항목 | {} |\n\
         | 조건 함수 | {} |\n\
         | 내장 함수 | {} |\n\
         | 유사 매개변수 | {} |\n\n\
         절 가운데 `Description`, `Metadata`, `Outputs`는, 자원의 곁에서는 `DeletionPolicy`, `DependsOn`, `Metadata`, `UpdateReplacePolicy`는 \
         배포에만 쓴다. 함수는 짧은 꼴(`!Sub`)과 긴 꼴(`Fn::Sub`)을 모두 읽는다. 매개변수의 값은 [`samconfig.toml`](../../samconfig.toml)의 묶음에서 오고, \
         `cargo run`은 `local` 묶음을 쓴다. `AllowedPattern`은 CloudFormation만 검사한다. 리전은 늘 `{REGION}`, 계정은 늘 `{ACCOUNT}`이다.\n",
        list(SECTIONS),
        list(ATTRIBUTES),
        list(TYPES),
        list(OF_PARAMETERS),
        list(OF_RULES),
        list(CONDITIONS),
        list(FUNCTIONS),
        list(&pseudo)
    );
    text
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "–".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
