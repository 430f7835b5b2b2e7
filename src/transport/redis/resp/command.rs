//! How a command is spelled.

use super::frame::DIGITS;

/// Begins a command of so many words.
pub(in super::super) fn command(into: &mut Vec<u8>, words: usize) {
    header(into, b'*', words);
}

/// A word of a command, in parts.
pub(in super::super) fn word(into: &mut Vec<u8>, parts: &[&[u8]]) {
    header(into, b'$', parts.iter().map(|part| part.len()).sum());
    for part in parts {
        into.extend_from_slice(part);
    }
    into.extend_from_slice(b"\r\n");
}

fn header(into: &mut Vec<u8>, kind: u8, mut number: usize) {
    let mut digits = [b'0'; DIGITS];
    let mut first = DIGITS;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' | u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        first = first.saturating_sub(1);
        if number == 0 {
            break;
        }
    }
    into.push(kind);
    into.extend_from_slice(digits.get(first..).unwrap_or_default());
    into.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_spelled_as_the_server_reads_them() {
        let mut bytes = Vec::new();
        command(&mut bytes, 10);
        word(&mut bytes, &[b"SUBSCRIBE"]);
        word(&mut bytes, &[b"a", b"", b"bcdefghijk"]);
        word(&mut bytes, &[]);
        assert_eq!(bytes, b"*10\r\n$9\r\nSUBSCRIBE\r\n$11\r\nabcdefghijk\r\n$0\r\n\r\n");
    }
}
