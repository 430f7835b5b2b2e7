//! How a command is spelled.

use super::frame::DIGITS;

/// Appends a command; each argument is given in parts.
pub(in super::super) fn command<'a>(
    into: &mut Vec<u8>,
    name: &str,
    arguments: impl ExactSizeIterator<Item: AsRef<[&'a [u8]]>>,
) {
    header(into, b'*', arguments.len().saturating_add(1));
    word(into, &[name.as_bytes()]);
    arguments.for_each(|argument| word(into, argument.as_ref()));
}

fn word(into: &mut Vec<u8>, parts: &[&[u8]]) {
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
        let parts: [&[u8]; 3] = [b"a", b"", b"bcdefghijk"];
        command(&mut bytes, "SUBSCRIBE", [&parts[..], &[]].into_iter());
        assert_eq!(bytes, b"*3\r\n$9\r\nSUBSCRIBE\r\n$11\r\nabcdefghijk\r\n$0\r\n\r\n");
        let mut bytes = Vec::new();
        command(&mut bytes, "MGET", [[&b""[..]]; 9].iter());
        assert!(bytes.starts_with(b"*10\r\n$4\r\nMGET\r\n$0\r\n\r\n$0\r\n"));
    }
}
