//! Integers of more than 64 bits as decimal digits. Conversion costs the square of the size, so
//! sizes are bounded: far above what Python's own `str` and `json.dumps` convert (4,300 digits).

use std::fmt::Write;

/// Bytes of the largest integer that is converted, which has 9,864 digits.
const MOST: usize = 4096;

/// Ten to the ninth: what fits a limb.
const BILLION: u64 = 1_000_000_000;

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
    let mut limbs: Vec<u32> = magnitude
        .chunks(4)
        .rev()
        .map(|chunk| chunk.iter().rev().fold(0, |limb, byte| limb << 8 | u32::from(*byte)))
        .collect();
    let mut groups = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        groups.push(divided(&mut limbs));
        let leading = limbs.iter().take_while(|limb| **limb == 0).count();
        limbs.drain(..leading);
    }
    let mut text = String::from(if negative { "-" } else { "" });
    let mut groups = groups.into_iter().rev();
    text.push_str(&groups.next().unwrap_or(0).to_string());
    for group in groups {
        // Writing to a String cannot fail.
        let _ = write!(text, "{group:09}");
    }
    Some(text)
}

/// Divides a number, highest limb first, by a billion; gives the remainder.
#[allow(clippy::cast_possible_truncation)] // a remainder below 2^30 before a limb gives a limb
fn divided(limbs: &mut [u32]) -> u64 {
    limbs.iter_mut().fold(0, |rest, limb| {
        let value = rest << 32 | u64::from(*limb);
        *limb = (value / BILLION) as u32;
        value % BILLION
    })
}

/// The number of a UUID: 128 bits without a sign.
pub(super) fn unsigned128(bytes: &[u8]) -> Option<u128> {
    let mut number = [0; 16];
    let (low, high) = bytes.split_at_checked(bytes.len().min(16))?;
    number.get_mut(..low.len())?.copy_from_slice(low);
    let fits = matches!(high, [] | [0]) && (bytes.len() > 16 || low.last().is_none_or(|byte| *byte < 0x80));
    fits.then(|| u128::from_le_bytes(number))
}
