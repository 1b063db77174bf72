//! A template's resources with everything worked out for one parameter set, for whoever looks at all of them: what stands
//! in front of a deployment checks CloudFront and IAM too, which this machine never runs. Knows YAML, the intrinsics and no type.

use std::collections::BTreeMap;

use crate::intrinsics::Scope;
use crate::resources::{Reader, properties_of};
use crate::yaml::{self, Key, Node, Place, Problem, Value};
use crate::{Stack, TemplateError};

/// What AWS alone can say (a name, an address) stands as `LogicalId` or `LogicalId.Attribute`; this is the stack it would be in.
const STACK: Stack<'static> = Stack {
    id: "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/serverless-book/00000000",
    origin: "https://book.invalid",
};

/// A whole template for one parameter set.
#[derive(Debug)]
pub struct Evaluated {
    /// The template's file name, for messages.
    pub file: String,
    /// The document as it is written, tags and all.
    pub document: Node,
    /// Parameters (and pseudo parameters) with their values.
    pub parameters: BTreeMap<String, String>,
    /// The outputs whose condition holds, worked out: name → `Value`.
    pub outputs: BTreeMap<String, String>,
    /// The resources whose condition holds, in the order of the file.
    pub resources: Vec<Resource>,
}

/// One resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Logical id.
    pub id: String,
    /// `Type`.
    pub kind: String,
    /// Where its logical id stands.
    pub place: Place,
    /// `Properties`, worked out; a function's with what `Globals` adds.
    pub properties: Node,
    /// The resource as it is written.
    pub written: Node,
}

impl Resource {
    /// A property by its path, worked out: `["VersioningConfiguration", "Status"]`.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(&self.properties, |node, key| node.get(key))
    }

    /// The text of a property; `None` when it is absent or no single value.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.text().ok()
    }

    /// The logical ids in `DependsOn`.
    pub fn depends_on(&self) -> Vec<&str> {
        let Some(node) = self.written.get("DependsOn") else { return Vec::new() };
        let many = node.items().iter().filter_map(|item| item.text().ok());
        node.text().ok().into_iter().chain(many).collect()
    }
}

impl Evaluated {
    /// The resources of a type, in the order of the file.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> + 'a {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// The resource with this logical id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The entries of a section as written.
    pub fn section(&self, name: &str) -> &[(Key, Node)] {
        self.document.get(name).map_or(&[], Node::entries)
    }
}

/// Works out all resources of a template's text. `file` is its name in messages.
///
/// # Errors
/// It is not YAML, or a parameter, condition or function in it makes no sense: all such places at once.
pub fn evaluate(
    file: &str,
    text: &str,
    overrides: &BTreeMap<String, String>,
) -> Result<Evaluated, TemplateError> {
    let failed = |problems| TemplateError { file: file.to_owned(), problems };
    let document = yaml::parse(text).map_err(|problem| failed(vec![problem]))?;
    let (scope, mut problems) = Reader::new(&document, overrides, STACK).scope();
    let scope = Scope { stand_ins: true, ..scope };
    let mut resources = Vec::new();
    let globals = document.get("Globals").and_then(|node| node.get("Function"));
    for (key, written) in document.get("Resources").map_or(&[][..], Node::entries) {
        match resource(&scope, globals, key, written) {
            Ok(Some(resource)) => resources.push(resource),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    let mut outputs = BTreeMap::new();
    for (key, output) in document.get("Outputs").map_or(&[][..], Node::entries) {
        match value(&scope, output) {
            Ok(value) => outputs.extend(value.map(|value| (key.text.clone(), value))),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        problems.sort();
        problems.dedup();
        return Err(failed(problems));
    }
    let parameters = scope.parameters;
    Ok(Evaluated { file: file.to_owned(), document, parameters, outputs, resources })
}

fn value(scope: &Scope, output: &Node) -> Result<Option<String>, Problem> {
    let condition = output.get("Condition").map(Node::text).transpose()?;
    if condition.is_some_and(|name| scope.conditions.get(name) == Some(&false)) {
        return Ok(None);
    }
    let Some(value) = output.get("Value") else { return Ok(None) };
    scope.evaluate(value)?.map(|value| value.text().map(str::to_owned)).transpose()
}

fn resource(
    scope: &Scope,
    globals: Option<&Node>,
    key: &Key,
    written: &Node,
) -> Result<Option<Resource>, Problem> {
    if let Some(condition) = written.get("Condition") {
        let name = condition.text()?;
        match scope.conditions.get(name) {
            Some(true) => {}
            Some(false) => return Ok(None),
            None => {
                return Err(Problem::new(condition.place, format!("there is no condition `{name}`")));
            }
        }
    }
    let kind = written
        .get("Type")
        .ok_or_else(|| Problem::new(key.place, format!("`{}` has no Type", key.text)))?
        .text()?
        .to_owned();
    let empty = Node { value: Value::Map(Vec::new()), place: key.place, tag: None };
    let properties = properties_of(key.place, written, &kind, globals);
    let properties = scope.evaluate(&properties)?.unwrap_or(empty);
    let written = written.clone();
    Ok(Some(Resource { id: key.text.clone(), kind, place: key.place, properties, written }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
Parameters:
  Name: {Type: String, Default: book}
  Open: {Type: String, Default: 'no'}
Conditions:
  IsOpen: !Equals [!Ref Open, 'yes']
Globals:
  Function: {Timeout: 10, Runtime: provided.al2023}
Resources:
  Site:
    Type: AWS::S3::Bucket
    DependsOn: [Function]
    Properties: {BucketName: !Sub '${Name}-site'}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Site
      Domain: !GetAtt Site.RegionalDomainName
  Extra: {Type: AWS::SNS::Topic, Condition: IsOpen}
  Function:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 3}
";

    fn set(name: &str, value: &str) -> BTreeMap<String, String> {
        [(name.to_owned(), value.to_owned())].into()
    }

    #[test]
    fn resources_of_any_type_are_worked_out_with_stand_ins_for_what_only_aws_knows() {
        let template = evaluate("t.yaml", TEMPLATE, &BTreeMap::new()).unwrap();
        assert_eq!(template.resource("Site").unwrap().text(&["BucketName"]), Some("book-site"));
        assert_eq!(template.resource("Site").unwrap().depends_on(), ["Function"]);
        let policy = template.of("AWS::S3::BucketPolicy").next().unwrap();
        assert_eq!(policy.text(&["Bucket"]), Some("Site"));
        assert_eq!(policy.text(&["Domain"]), Some("Site.RegionalDomainName"));
        assert_eq!((policy.place.line, policy.at(&["Domain"]).unwrap().place.line), (13, 17));
        let function = template.resource("Function").unwrap();
        assert_eq!(
            (function.text(&["Timeout"]), function.text(&["Runtime"])),
            (Some("3"), Some("provided.al2023"))
        );
    }

    #[test]
    fn a_condition_leaves_its_resource_out() {
        assert!(evaluate("t.yaml", TEMPLATE, &BTreeMap::new()).unwrap().resource("Extra").is_none());
        assert!(evaluate("t.yaml", TEMPLATE, &set("Open", "yes")).unwrap().resource("Extra").is_some());
    }

    #[test]
    fn all_mistakes_are_named_with_their_places() {
        let broken = TEMPLATE.replace("!Ref Site", "!Ref Sight").replace("IsOpen}", "IsShut}");
        let error = evaluate("t.yaml", &broken, &BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("t.yaml:16:15: `Sight` names no"), "{error}");
        assert!(error.contains("t.yaml:18:") && error.contains("`IsShut`"), "{error}");
        let error = evaluate("t.yaml", TEMPLATE, &set("Shut", "1")).unwrap_err().to_string();
        assert!(error.contains("`Shut`"), "{error}");
    }
}
