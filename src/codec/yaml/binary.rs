//! `!!binary`: base64 as Python's `base64.decodebytes` reads it, which passes over whatever is no
//! digit of it.

use crate::model::base64;

/// The bytes; `None` where the padding does not fit.
pub(super) fn read(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut digits, mut padding) = (0_u32, 0, 0);
    for byte in text.bytes() {
        let Some(value) = base64::value(byte) else {
            match byte {
                b'=' if digits >= 2 => {
                    padding += 1;
                    if digits + padding >= 4 {
                        return Some(out);
                    }
                }
                // Python takes ASCII only.
                0x80.. => return None,
                _ => {}
            }
            continue;
        };
        padding = 0;
        bits = bits << 6 | value;
        digits = (digits + 1) % 4;
        let byte = match digits {
            1 => continue,
            2 => bits >> 4,
            3 => bits >> 2,
            _ => bits,
        };
        out.push(u8::try_from(byte & 0xFF).unwrap_or_default());
    }
    (digits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_reads_it() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("AAE=", b"\0\x01"),
            ("A A\nE =\n", b"\0\x01"),
            ("AA=E=", b"\0\x01"),
            ("=+/+/", b"\xfb\xff\xbf"),
            ("/w==junk", b"\xff"),
            ("AAEC", b"\0\x01\x02"),
        ] {
            assert_eq!(read(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["AAE", "A", "A===", "ż"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
