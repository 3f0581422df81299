//! What the dashboard and the handset send and are shown (playmoney.md section 8): our own shapes, in snake_case, with
//! instants in ISO 8601. Unknown members are refused by whoever reads them.

mod answers;
mod requests;

pub use answers::{
    ApiKeyView, EndpointView, EnvironmentView, ExpiredView, Listed, PromptView, StoreView, TestClientView,
};
pub use requests::{
    ApiKeyChange, Confirmation, EndpointChange, EnvironmentChange, ExpirePending, NewApiKey, NewEndpoint, NewStore,
    NewTestClient, StoreChange, TestClientChange,
};
