//! Addresses to listen on, as people type them.

use std::net::{Ipv4Addr, SocketAddr};

/// `127.0.0.1:4700`, `[::1]:4700`, `localhost:4700` or `:4700`; the last two are on loopback. No name is looked up: what
/// it stands for could change, and with it who can reach the server.
///
/// # Errors
/// A sentence that says how to write it.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    const WHY: &str = "write it as ADDRESS:PORT, such as 127.0.0.1:4700 or 0.0.0.0:4700";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')).ok_or(WHY)?;
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_number).ok_or(WHY)?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, address) in [
            (":0", "127.0.0.1:0"),
            ("localhost:80", "127.0.0.1:80"),
            ("0.0.0.0:4700", "0.0.0.0:4700"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(parse_listen(text).map(|parsed| parsed.to_string()), Ok(address.to_owned()));
        }
        for bad in ["", "4700", "example.test:80", ":", ":+1", ":70000", "127.0.0.1"] {
            assert!(parse_listen(bad).is_err(), "{bad}");
        }
    }
}
