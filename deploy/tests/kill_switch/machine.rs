//! Runs a state machine as Step Functions would, as far as the guard's machines go: one step after the other, retries without
//! waiting, and the calls of AWS given to whoever plays AWS. Knows the Amazon States Language (JSONPath) and no service.

use serde_json::{Map, Value, json};

/// An AWS call, `lambda:putFunctionConcurrency` with its parameters, and the error's name where it fails.
pub type Call<'a> = dyn FnMut(&str, &Value) -> Result<Value, String> + 'a;

/// How an execution ended: its output, or its error.
pub type End = Result<Value, String>;

/// More steps than any execution of these machines takes.
const LONGEST: usize = 100;

pub fn run(machine: &Value, input: Value, call: &mut Call<'_>) -> End {
    let mut name = machine["StartAt"].as_str().unwrap().to_owned();
    let mut data = input;
    for _ in 0..LONGEST {
        let state = machine["States"].get(&name).unwrap_or_else(|| panic!("there is no state `{name}`"));
        let next = match state["Type"].as_str().unwrap() {
            "Task" => match task(state, &data, call) {
                Ok(result) => place(state, &mut data, result),
                Err(error) => {
                    let catch = state["Catch"].get(0).ok_or_else(|| error.clone())?;
                    data = json!({"Error": error, "Cause": "as played"});
                    catch["Next"].as_str()
                }
            },
            "Pass" => {
                let result = state.get("Result").cloned();
                let result = result.unwrap_or_else(|| filled(&state["Parameters"], &data));
                place(state, &mut data, result)
            }
            "Map" => {
                let items = at(state["ItemsPath"].as_str().unwrap(), &data).unwrap();
                let items = items.as_array().unwrap_or_else(|| panic!("`{name}` is given no list")).clone();
                let each = items.into_iter().map(|item| run(&state["ItemProcessor"], item, call));
                let results: Result<Vec<Value>, String> = each.collect();
                place(state, &mut data, Value::Array(results?))
            }
            "Choice" => {
                let choice = state["Choices"].as_array().unwrap().iter().find(|rule| holds(rule, &data));
                choice.map_or(&state["Default"], |rule| &rule["Next"]).as_str()
            }
            "Succeed" => return Ok(data),
            "Fail" => return Err(state["Error"].as_str().unwrap().to_owned()),
            other => panic!("`{name}` is of the type {other}"),
        };
        match next {
            Some(next) => name = next.to_owned(),
            None if state["End"] == true => return Ok(data),
            None => panic!("`{name}` leads nowhere"),
        }
    }
    panic!("the machine goes round in circles");
}

/// The call of a task, and again as often as `Retry` says.
fn task(state: &Value, data: &Value, call: &mut Call<'_>) -> Result<Value, String> {
    let resource = state["Resource"].as_str().unwrap();
    let (_, action) = resource.split_once(":states:::aws-sdk:").expect("an integration of the SDK");
    let parameters = filled(&state["Parameters"], data);
    let tries = 1 + state["Retry"][0]["MaxAttempts"].as_u64().unwrap_or(0);
    let mut result = Err(String::new());
    for _ in 0..tries {
        result = call(action, &parameters);
        if result.is_ok() {
            break;
        }
    }
    let result = result?;
    Ok(state.get("ResultSelector").map_or(result.clone(), |selector| filled(selector, &result)))
}

/// Puts a result where `ResultPath` says, and gives the name of the next state.
fn place<'s>(state: &'s Value, data: &mut Value, result: Value) -> Option<&'s str> {
    match state["ResultPath"].as_str() {
        None => *data = result,
        Some(path) => data[path.strip_prefix("$.").expect("a path of one name")] = result,
    }
    state["Next"].as_str()
}

/// A payload template: the values of keys that end in `.$` are paths or functions.
fn filled(template: &Value, data: &Value) -> Value {
    let Value::Object(fields) = template else { return template.clone() };
    let field = |(key, value): (&String, &Value)| match key.strip_suffix(".$") {
        Some(key) => (key.to_owned(), computed(value.as_str().unwrap(), data)),
        None => (key.clone(), filled(value, data)),
    };
    Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
}

fn computed(text: &str, data: &Value) -> Value {
    let path = |path: &str| at(path, data).unwrap_or_else(|| panic!("`{path}` is not in {data}")).clone();
    let Some((function, rest)) = text.split_once('(') else { return path(text) };
    let arguments: Vec<&str> = rest.trim_end_matches(')').split(", ").collect();
    match (function, &arguments[..]) {
        ("States.JsonToString", [one]) => Value::String(path(one).to_string()),
        ("States.StringToJson", [one]) => serde_json::from_str(path(one).as_str().unwrap()).unwrap(),
        ("States.ArrayContains", [list, value]) => {
            let value: Value = serde_json::from_str(value).unwrap();
            path(list).as_array().unwrap().contains(&value).into()
        }
        _ => panic!("{text}"),
    }
}

fn at<'d>(path: &str, data: &'d Value) -> Option<&'d Value> {
    let names = path.strip_prefix('$').expect("a path").split('.').filter(|name| !name.is_empty());
    names.into_iter().try_fold(data, |data, name| data.get(name))
}

/// A rule of a choice. As in Step Functions, a comparison of what is not there is an error unless `IsPresent` is asked first.
fn holds(rule: &Value, data: &Value) -> bool {
    if let Some(all) = rule["And"].as_array() {
        return all.iter().all(|rule| holds(rule, data));
    }
    let path = rule["Variable"].as_str().unwrap();
    let found = at(path, data);
    if let Some(present) = rule["IsPresent"].as_bool() {
        return found.is_some() == present;
    }
    let found = found.unwrap_or_else(|| panic!("`{path}` is not in {data}"));
    if let Some(bound) = rule["NumericGreaterThan"].as_f64() {
        return found.as_f64().is_some_and(|number| number > bound);
    }
    let equal = rule.get("BooleanEquals").or(rule.get("StringEquals")).expect("a comparison known here");
    found == equal
}
