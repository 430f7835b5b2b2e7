//! Takes a URL apart the way Celery does, which is not the way of browsers: parts are
//! percent-decoded, a path is a database number or a file, and a query is a list of settings.
//! What a scheme means is in `address.rs`. No message made here shows a password, whatever is
//! wrong with the URL.

use super::secret::{MASK, Secret};
use crate::model::{Error, Result, Status};
use std::net::Ipv6Addr;

/// The parts of a URL, percent-decoded. What is empty in the text is absent here.
#[derive(Debug, Default)]
pub(super) struct Url {
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    /// Without the slash that begins it.
    pub(super) path: String,
    /// In order; keys without a value are left out, as Celery does.
    pub(super) query: Vec<(String, String)>,
    /// The URL without its query, the password as [`MASK`].
    pub(super) masked: String,
}

/// An error about this URL; `problem` must not quote anything that may hold a password.
pub(super) fn error(url: &str, problem: &str) -> Error {
    error_of(Status::InvalidUrl, url, problem)
}

/// The same with the status of an option, where [`Status::InvalidOption`] is the URL's fault.
pub(super) fn error_of(status: Status, url: &str, problem: &str) -> Error {
    let status = if status == Status::InvalidOption { Status::InvalidUrl } else { status };
    Error::new(status, format!("URL {:?}: {problem}", mask(url)))
}

/// The scheme in lower case, without `://`.
pub(super) fn scheme(url: &str) -> Option<String> {
    url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase())
}

/// Takes apart what follows the scheme.
pub(super) fn split(url: &str) -> Result<Url> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scheme = scheme.to_ascii_lowercase();
    if rest.contains('#') {
        return Err(error(url, "'#' must be written %23"));
    }
    let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match before_query.find('/').and_then(|at| before_query.split_at_checked(at)) {
        Some((authority, path)) => (authority, path),
        None => (before_query, ""),
    };
    // Behind an authority without one, `@` shows that `/` or `?` belonged to a password.
    if query.contains('@') || (!authority.is_empty() && path.contains('@')) {
        return Err(error(
            url,
            "in a user name or a password '/' must be written %2F and '?' %3F, and '@' in a query %40",
        ));
    }
    let (userinfo, address) = match authority.rsplit_once('@') {
        Some((userinfo, address)) => (Some(userinfo), address),
        None => (None, authority),
    };
    let (user, password) = userinfo.map_or(("", ""), |info| info.split_once(':').unwrap_or((info, "")));
    let (host, port) = split_address(address).ok_or_else(|| error(url, "'[' without ']'"))?;

    let text = |raw: &str, part: &str| {
        decode(raw, false).ok_or_else(|| error(url, &format!("the {part} is not UTF-8 once percent-decoded")))
    };
    let non_empty = |text: String| Some(text).filter(|text| !text.is_empty());
    let mask_of_user = match (user, password) {
        ("", "") => String::new(),
        (user, "") => format!("{user}@"),
        (user, _) => format!("{user}:{MASK}@"),
    };
    let slash = if path.is_empty() && !authority.is_empty() { "/" } else { path };
    Ok(Url {
        username: non_empty(text(user, "user name")?),
        password: non_empty(text(password, "password")?).map(Secret::new),
        host: non_empty(check_host(url, host)?),
        port: check_port(url, port)?,
        path: text(path.strip_prefix('/').unwrap_or(path), "path")?,
        query: split_query(url, query)?,
        masked: format!("{scheme}://{mask_of_user}{address}{slash}"),
    })
}

/// Host (brackets kept) and port as written.
fn split_address(address: &str) -> Option<(&str, &str)> {
    if address.starts_with('[') {
        let end = address.find(']')?;
        let (host, port) = address.split_at_checked(end + 1)?;
        Some((host, port))
    } else {
        let colon = address.find(':').unwrap_or(address.len());
        address.split_at_checked(colon)
    }
}

fn check_host(url: &str, raw: &str) -> Result<String> {
    if let Some(inner) = raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = inner.split('%').next().unwrap_or(inner);
        return match address.parse::<Ipv6Addr>() {
            Ok(_) => Ok(inner.to_ascii_lowercase()),
            Err(_) => Err(error(url, "what is in brackets is not an IPv6 address")),
        };
    }
    let host = decode(raw, false).unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if (host.is_empty() && !raw.is_empty()) || !host.chars().all(allowed) {
        return Err(error(url, "the host may hold letters, digits, '-', '.' and '_'; IPv6 goes in brackets"));
    }
    Ok(host.to_ascii_lowercase())
}

/// The port is not quoted in the error: it is a password where the `@host` behind it is missing.
fn check_port(url: &str, raw: &str) -> Result<Option<u16>> {
    if raw.is_empty() || raw == ":" {
        return Ok(None);
    }
    raw.strip_prefix(':')
        .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|port| port.parse().ok())
        .filter(|port| *port != 0)
        .map(Some)
        .ok_or_else(|| {
            error(url, "the port must be a number from 1 to 65535; a password is written \":password@host\"")
        })
}

fn split_query(url: &str, query: &str) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for pair in query.split('&') {
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else {
            continue;
        };
        match (decode(key, true), decode(value, true)) {
            (Some(key), Some(value)) => pairs.push((key, value)),
            _ => return Err(error(url, "the query is not UTF-8 once percent-decoded")),
        }
    }
    Ok(pairs)
}

/// Percent-decodes; what is no percent escape stays as it is, as in Python. `None` where the
/// result is not UTF-8.
pub(super) fn decode(raw: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let escaped = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high * 16 + low, after))
            }
            _ => None,
        };
        match escaped {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None if first == b'+' && plus_is_space => bytes.push(b' '),
            None => bytes.push(first),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Any text that is meant as a URL, fit to be shown: without what may be a password, also where
/// the URL is malformed, and without its query. Rather too much is hidden than too little.
pub(super) fn mask(url: &str) -> String {
    const MOST: usize = 200;
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let separator = if rest.len() == url.len() { "" } else { "://" };
    let cut = rest.find(['?', '#']).unwrap_or(rest.len());
    let (shown, hidden) = rest.split_at_checked(cut).unwrap_or((rest, ""));
    let tail = if hidden.is_empty() { "" } else { "?…" };
    let shown = if hidden.contains('@') || scheme.contains(['@', ':']) {
        MASK.to_owned()
    } else if let Some((_, behind)) = shown.rsplit_once('@') {
        format!("{MASK}@{behind}")
    } else if looks_like_password(shown) {
        MASK.to_owned()
    } else {
        shown.to_owned()
    };
    let scheme = if scheme.contains(['@', ':']) { MASK } else { scheme };
    format!("{scheme}{separator}{shown}{tail}").chars().take(MOST).collect()
}

/// Whether `host:port` rather is `user:password` that lacks its `@host`.
fn looks_like_password(address: &str) -> bool {
    let authority = address.split('/').next().unwrap_or(address);
    if authority.starts_with('[') {
        return false;
    }
    match authority.split_once(':') {
        None => false,
        Some(("", port)) => !port.is_empty(),
        Some((_, port)) => !port.is_empty() && port.parse::<u16>().is_err(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn decodes_like_python() {
        for (raw, plain, query) in [
            ("p%40w", "p@w", "p@w"),
            ("a+b", "a+b", "a b"),
            ("100%", "100%", "100%"),
            ("%zz%4", "%zz%4", "%zz%4"),
            ("%C3%A9", "é", "é"),
            ("%2525", "%25", "%25"),
        ] {
            assert_eq!(decode(raw, false).as_deref(), Some(plain), "{raw}");
            assert_eq!(decode(raw, true).as_deref(), Some(query), "{raw}");
        }
        assert_eq!(decode("%ff", false), None);
    }

    #[test]
    fn takes_apart() {
        let url = split("redis://us%2Fer:p%3Aw:x@Host:6380/1%20?a=1&a=2&b=&c&d=x+y").unwrap();
        assert_eq!(url.username.as_deref(), Some("us/er"));
        assert_eq!(url.password.as_ref().map(Secret::expose), Some("p:w:x"));
        assert_eq!((url.host.as_deref(), url.port), (Some("host"), Some(6380)));
        assert_eq!(url.path, "1 ");
        let query: Vec<_> = url.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(query, [("a", "1"), ("a", "2"), ("d", "x y")]);
        assert_eq!(url.masked, "redis://us%2Fer:**@Host:6380/1%20");
    }

    #[test]
    fn the_last_at_sign_ends_the_password() {
        let url = split("redis://a@b:c@h/2").unwrap();
        assert_eq!(url.username.as_deref(), Some("a@b"));
        assert_eq!(url.password.as_ref().map(Secret::expose), Some("c"));
    }

    #[test]
    fn masks_as_celery_does() {
        for (url, masked) in [
            ("redis://", "redis://"),
            ("redis:///3", "redis:///3"),
            ("redis://:p%40w@h:6380/1", "redis://:**@h:6380/1"),
            ("redis://u:p@h/1?x=5", "redis://u:**@h/1"),
            ("redis://u@h", "redis://u@h/"),
            ("redis://u:@h", "redis://u@h/"),
            ("redis://h", "redis://h/"),
            ("redis://[::1]:7/2", "redis://[::1]:7/2"),
            ("redis+socket://:pw@/tmp/r.sock?db=3", "redis+socket://:**@/tmp/r.sock"),
        ] {
            assert_eq!(split(url).unwrap().masked, masked);
        }
    }

    #[test]
    fn malformed_urls_do_not_show_their_password() {
        for url in [
            "redis://:hunter2",
            "redis://user:hunter2",
            "redis://user:hunter2/0",
            "redis://:hunter2@h:port/0",
            "redis://:hun/hunter2@h/0",
            "redis://:hun?hunter2@h/0",
            "redis://:hun#hunter2@h/0",
            "redis://:x@hunter2?hunter2@h/0",
            "redis://:1/hunter2@h/0",
            "redis://:1?hunter2@h/0",
            "redis://:1?pass=hunter2@h/0",
            "redis://h?password=hun@hunter2",
            "redis://:hunter2@[::1/0",
            "redis://:hunter2@[zz]/0",
            "redis://:hunter2@a b/0",
            "redis://:hunter2%ff@h/0",
            "redis://:hunter2@h:0/0",
            "redis://:hunter2@h/0#x",
        ] {
            let message = split(url).unwrap_err().to_string();
            assert!(!message.contains("hunter2"), "{url}: {message}");
            assert!(message.starts_with("CELERY_ERR_INVALID_URL: URL \"redis://"), "{message}");
        }
        for (url, shown) in [
            (":hunter2@host:6379", "**@host:6379"),
            ("redis:hunter2", "**"),
            ("u:hunter2@h://x", "**://**"),
            ("localhost:6379", "localhost:6379"),
            ("redis://h:1/2?password=hunter2", "redis://h:1/2?…"),
        ] {
            assert_eq!(mask(url), shown);
        }
    }
}
