//! The OpenAPI document says all there is, and nothing that is not.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::world::{World, on_every_store};

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Every operation, below `/_playmoney/v1`.
const OPERATIONS: &str = "
    get /sandboxes · post /sandboxes · get /sandboxes/{id} · delete /sandboxes/{id} · post /sandboxes/{id}/reset
    get /sandboxes/{id}/clock · put /sandboxes/{id}/clock · post /sandboxes/{id}/clock/advance
    get /sandboxes/{id}/events · get /sandboxes/{id}/events/wait · get /sandboxes/{id}/events/stream
    get /sandboxes/{id}/inbox · delete /sandboxes/{id}/inbox
    get /sandboxes/{id}/inbox/answers · put /sandboxes/{id}/inbox/answers · delete /sandboxes/{id}/inbox/answers
    get /sandboxes/{id}/requests · get /sandboxes/{id}/requests/{request_id}
    get /sandboxes/{id}/deliveries · get /sandboxes/{id}/deliveries/{delivery_id}
    post /sandboxes/{id}/deliveries/{delivery_id}/replay
    get /sandboxes/{id}/ledger · get /sandboxes/{id}/ledger/accounts/{account}/postings
    get /sandboxes/{id}/settings · put /sandboxes/{id}/settings · get /assumptions
    get /sandboxes/{id}/faults · post /sandboxes/{id}/faults · delete /sandboxes/{id}/faults
    delete /sandboxes/{id}/faults/{fault_id} · get /doctor · get /sandboxes/{id}/fake/tills/{till}
";

fn paths(document: &Value) -> &Map<String, Value> {
    document["paths"].as_object().unwrap()
}

/// A path with every part filled in.
fn filled(path: &str) -> String {
    path.replace("{id}", "sbx_a").replace("{document}", "admin.json").replace("{till}", "till").replace(['{', '}'], "")
}

#[tokio::test]
async fn every_documented_operation_answers_and_every_other_method_does_not() {
    on_every_store(|world| async move {
        world.make("sbx_a").await;
        let all = paths(&world.console_document).clone();
        let listed: BTreeSet<String> = OPERATIONS.split(['·', '\n']).map(|one| one.trim().to_owned()).collect();
        let described = all.iter().flat_map(|(path, item)| {
            let path = path.strip_prefix("/_playmoney/v1").unwrap_or_default();
            item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        });
        let described: BTreeSet<String> = described.filter(|one| !one.ends_with(' ')).collect();
        assert_eq!(described, listed.into_iter().filter(|one| !one.is_empty()).collect());
        for (path, item) in &all {
            for method in METHODS {
                let documented = item.get(method).is_some();
                // What would take the sandbox away is asked of one that is not there.
                let ruins = method == "delete" && path.ends_with("/sandboxes/{id}");
                let asked = if ruins { path.replace("{id}", "sbx_never") } else { filled(path) };
                let timed = if path.ends_with("/wait") { "?types=never&timeout_ms=0" } else { "" };
                if documented && path.ends_with("/stream") {
                    continue;
                }
                let reply = world.send(&method.to_ascii_uppercase(), &format!("{asked}{timed}"), "").await;
                assert_eq!(reply.status != 405, documented, "{method} {path}: {}", reply.text);
                assert!(!reply.text.contains("No route has this path"), "{method} {path}");
                assert!(reply.status < 500, "{method} {path}: {}", reply.text);
                if documented {
                    answers_as_documented(&item[method], reply.status, &format!("{method} {path}"));
                }
            }
        }
    })
    .await;
}

fn answers_as_documented(operation: &Value, status: u16, name: &str) {
    let responses = operation["responses"].as_object().unwrap();
    assert!(
        responses.contains_key(&status.to_string()),
        "{name} answered {status}, documented are {:?}",
        responses.keys()
    );
}

#[tokio::test]
async fn every_operation_is_described_with_its_parameters_and_errors() {
    on_every_store(|world| async move {
        let document = &world.console_document;
        assert_eq!(document["openapi"], "3.1.0");
        for (path, item) in paths(document) {
            for operation in METHODS.iter().filter_map(|method| item.get(*method)) {
                assert!(operation["summary"].is_string() || operation["description"].is_string(), "{path}");
                let named: Vec<&str> =
                    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                for name in named {
                    let is_it =
                        |known: &&Value| known["name"] == name && known["in"] == "path" && known["required"] == true;
                    assert_eq!(parameters.iter().filter(is_it).count(), 1, "{path} {name}");
                }
                for (status, response) in operation["responses"].as_object().unwrap() {
                    if status.starts_with(['4', '5', 'd']) {
                        let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                        assert_eq!(schema, "#/components/schemas/Problem", "{path} {status}");
                    }
                }
            }
        }
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name} is not described");
        }
    })
    .await;
}

#[tokio::test]
async fn documents_are_served_and_made_without_a_server() {
    on_every_store(|world: World| async move {
        let served = world.get("/_playmoney/openapi/admin.json").await.ok(200);
        assert_eq!(served, world.console_document);
        assert_eq!(world.get("/_playmoney/openapi/fake.json").await.ok(200)["openapi"], json!("3.1.0"));
        world.get("/_playmoney/openapi/other.json").await.refused(404, &["admin.json", "fake.json"]);
        let portal = crate::fake::portal(world.engine.clone()).into_openapi();
        let made = console::openapi(vec![("fake", portal)]);
        assert_eq!(serde_json::from_str::<Value>(&made.to_json().unwrap()).unwrap(), served);
        assert!(paths(&served).contains_key("/_playmoney/v1/sandboxes/{id}/fake/tills/{till}"));
    })
    .await;
}
