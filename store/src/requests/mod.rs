//! Where the request log is kept.
