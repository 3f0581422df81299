//! What a person does in the platform's dashboard and on a handset, below `/sandboxes/{id}/sandpay` of the admin API.

use engine::Engine;
use utoipa_axum::router::OpenApiRouter;

/// The routes, relative to `/sandboxes/{id}/sandpay`.
pub fn admin(engine: Engine) -> OpenApiRouter {
    OpenApiRouter::new().with_state(engine)
}
