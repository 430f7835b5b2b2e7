//! Standard base64 with padding, as Python's `b64encode` writes it. How readers treat text that is not
//! quite that is theirs to decide; the digits are here.

/// The base64 text of bytes.
#[cfg(any(feature = "redis", feature = "msgpack", feature = "pickle", feature = "yaml"))]
pub(crate) fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or_default();
            out.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// The bytes of base64 text; `None` where it is anything but whole groups of digits and padding.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let digits = text.get(..text.len() - padding)?;
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | value(*byte)?;
        }
        let [_, bytes @ ..] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        out.extend(bytes.iter().take(group.len().saturating_sub(1)));
    }
    Some(out)
}

/// The six bits of a digit.
pub(crate) fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_writes_it() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("/wA=", b"\xff\0"),
            ("/w==", b"\xff"),
            ("AAEC", b"\0\x01\x02"),
            ("+/+/", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes), "{text}");
            #[cfg(any(feature = "redis", feature = "msgpack", feature = "pickle", feature = "yaml"))]
            assert_eq!(encode(bytes), text);
        }
        for text in ["A", "AA", "A===", "====", "AA=A", "AA\n=", "-_-_"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
