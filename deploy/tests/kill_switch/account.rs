//! Plays the account the switch works in: one stage, one parameter, some functions. What goes wrong is said beforehand.
//! Knows the three services' calls as the guard makes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

#[derive(Debug, Clone, Default)]
pub struct Account {
    /// `DefaultRouteSettings` and `RouteSettings`.
    pub stage: Value,
    /// The parameter's text; nothing before the switch was turned once.
    pub parameter: Option<String>,
    /// Function → `ReservedConcurrentExecutions`.
    pub limits: BTreeMap<String, u64>,
    /// Calls that fail, always: an action, or an action and a function after a space.
    pub broken: BTreeSet<String>,
    /// Calls that fail once.
    pub shaky: BTreeSet<String>,
    /// Every call that worked.
    pub calls: Vec<String>,
}

impl Account {
    pub fn call(&mut self, action: &str, parameters: &Value) -> Result<Value, String> {
        let text = |name: &str| parameters[name].as_str().unwrap_or_else(|| panic!("{action}: {name}"));
        let full = match parameters["FunctionName"].as_str() {
            Some(function) => format!("{action} {function}"),
            None => action.to_owned(),
        };
        if self.broken.contains(&full) || self.broken.contains(action) || self.shaky.remove(&full) {
            return Err("Service.Unavailable".to_owned());
        }
        self.calls.push(full);
        if action.starts_with("apigatewayv2:") {
            assert_eq!((text("ApiId"), text("StageName")), ("ApiId", "$default"));
        }
        match action {
            "apigatewayv2:getStage" => {
                let mut answer = self.stage.clone();
                answer["StageName"] = json!("$default");
                answer["AutoDeploy"] = json!(true);
                Ok(answer)
            }
            "apigatewayv2:updateStage" => {
                let (default, routes) =
                    (&parameters["DefaultRouteSettings"], parameters["RouteSettings"].as_object().unwrap());
                self.stage["DefaultRouteSettings"] = default.clone();
                for (key, settings) in routes {
                    let known = self.stage["RouteSettings"].get_mut(key);
                    // "Unable to find Route by key … within the provided RouteSettings".
                    *known.ok_or("ApiGatewayV2.NotFoundException")? = settings.clone();
                }
                Ok(self.stage.clone())
            }
            "ssm:putParameter" => {
                assert_eq!((text("Name"), &parameters["Overwrite"]), ("StageBefore", &json!(true)));
                assert!(text("Value").len() <= 4096, "the parameter would be a paid one");
                self.parameter = Some(text("Value").to_owned());
                Ok(json!({"Version": 2, "Tier": "Standard"}))
            }
            "ssm:getParameter" => {
                let value = self.parameter.clone().unwrap_or_else(|| "{}".to_owned());
                Ok(json!({"Parameter": {"Name": text("Name"), "Value": value}}))
            }
            "lambda:putFunctionConcurrency" => {
                let limit = parameters["ReservedConcurrentExecutions"].as_u64().expect("a number");
                self.limits.insert(text("FunctionName").to_owned(), limit);
                Ok(json!({"ReservedConcurrentExecutions": limit}))
            }
            "lambda:deleteFunctionConcurrency" => {
                self.limits.remove(text("FunctionName"));
                Ok(json!({}))
            }
            other => panic!("the guard calls {other}"),
        }
    }
}
