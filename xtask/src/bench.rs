//! x
pub(crate) fn run(_a: &[String]) -> Result<(), String> {
    Ok(())
}
