//! Integers of any size on their way to decimal digits. It costs the square of the size: who reads them
//! bounds that.

use std::fmt::Write;

const LIMB: u64 = 1_000_000_000;

/// An integer without a sign: nine decimal digits a limb, the lowest first.
#[derive(Default)]
pub(super) struct Number {
    limbs: Vec<u64>,
}

impl Number {
    /// Appends a digit of this base, of 2^32 at most.
    pub(super) fn shift(&mut self, base: u64, digit: u32) {
        let mut carry = u64::from(digit);
        for limb in &mut self.limbs {
            carry += *limb * base;
            *limb = carry % LIMB;
            carry /= LIMB;
        }
        while carry > 0 {
            self.limbs.push(carry % LIMB);
            carry /= LIMB;
        }
    }

    /// How many limbs it has.
    #[cfg(feature = "yaml")]
    pub(super) fn limbs(&self) -> usize {
        self.limbs.len()
    }

    /// The decimal digits.
    pub(super) fn digits(&self) -> String {
        let mut limbs = self.limbs.iter().rev();
        let mut out = limbs.next().map_or_else(|| "0".to_owned(), u64::to_string);
        for limb in limbs {
            // Writing to a String cannot fail.
            let _ = write!(out, "{limb:09}");
        }
        out
    }
}
