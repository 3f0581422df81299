//! How a sandbox is reached at each provider: base URL and credentials, as the ready file and the creation answer show
//! them.

use engine::Engine;
use engine::sandboxes::realm_of;
use kernel::{Sandbox, SandboxId};
use serde_json::{Map, Value};

/// Base URLs and credentials of a sandbox by provider. Base URLs of every sandbox but the demo carry `/s/{sandbox}`.
#[must_use]
pub fn providers_of(engine: &Engine, public_url: &str, sandbox: &Sandbox) -> Value {
    let realm = realm_of(sandbox);
    let public_url = public_url.trim_end_matches('/');
    let prefix = if sandbox.id == SandboxId::demo() { String::new() } else { format!("/s/{}", sandbox.id) };
    let providers = engine.providers().iter().map(|provider| {
        let name = provider.name();
        let mut shown = Map::new();
        shown.insert("base_url".to_owned(), format!("{public_url}{prefix}/{name}").into());
        if let Value::Object(members) = provider.credentials(&realm).shown {
            shown.extend(members);
        }
        (name.to_owned(), Value::Object(shown))
    });
    Value::Object(providers.collect())
}
