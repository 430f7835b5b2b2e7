//! Integers of more than 64 bits as decimal digits. Conversion costs the square of the size, so
//! sizes are bounded: far above what Python's own `str` and `json.dumps` convert (4,300 digits).

use crate::codec::decimal::Number;

/// Bytes of the largest integer that is converted, which has 9,864 digits.
const MOST: usize = 4096;

/// The decimal digits of an integer in two's complement, lowest byte first; `None` above 32,768
/// bits.
pub(super) fn decimal(bytes: &[u8]) -> Option<String> {
    if bytes.len() > MOST {
        return None;
    }
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let mut carry = true;
    let magnitude: Vec<u8> = bytes
        .iter()
        .map(|byte| match (negative, carry) {
            (false, _) => *byte,
            (true, false) => !byte,
            (true, true) => {
                let (flipped, overflow) = (!byte).overflowing_add(1);
                carry = overflow;
                flipped
            }
        })
        .collect();
    let mut number = Number::default();
    for chunk in magnitude.chunks(4).rev() {
        number.shift(1 << 32, chunk.iter().rev().fold(0, |digit, byte| digit << 8 | u32::from(*byte)));
    }
    Some(if negative { "-" } else { "" }.to_owned() + &number.digits())
}

/// The number of a UUID: 128 bits without a sign.
pub(super) fn unsigned128(bytes: &[u8]) -> Option<u128> {
    let mut number = [0; 16];
    let (low, high) = bytes.split_at_checked(bytes.len().min(16))?;
    number.get_mut(..low.len())?.copy_from_slice(low);
    let fits = matches!(high, [] | [0]) && (bytes.len() > 16 || low.last().is_none_or(|byte| *byte < 0x80));
    fits.then(|| u128::from_le_bytes(number))
}
