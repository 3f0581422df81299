//! The one place that asks the system for randomness.

/// 32 random bytes.
///
/// # Errors
/// The system has none to give.
pub fn entropy() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|error| format!("the system gives no randomness: {error}"))?;
    Ok(bytes)
}
