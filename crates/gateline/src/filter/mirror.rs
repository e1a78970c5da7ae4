use crate::model::{Origin, Target};
use crate::weight::scale;

/// `RequestMirror`: a copy is sent and its answer ignored. An invalid target is dropped; the request goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Mirror {
    /// Where the copy goes.
    pub target: Target,
    /// Which part of the requests is copied.
    pub share: Share,
    /// Where it is written.
    pub origin: Origin,
}

/// A fraction of requests: `percent`, `fraction`, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// At most the denominator.
    pub numerator: u32,
    /// At least 1.
    pub denominator: u32,
}

impl Share {
    /// Every request: neither `percent` nor `fraction` written.
    pub const ALL: Self = Self { numerator: 1, denominator: 1 };

    /// `percent`.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self { numerator: percent, denominator: 100 }
    }

    /// Whether a number that is spread evenly over `u64` falls into the share. A denominator of 0 takes nothing.
    #[must_use]
    pub fn takes(self, x: u64) -> bool {
        self.denominator > 0 && scale(x, u64::from(self.denominator)) < u64::from(self.numerator)
    }
}

/// The `index`-th of many numbers made from one, as if drawn independently: the output function of SplitMix64
/// (Steele, Lea, Flood 2014), a bijection for every index. The step between indexes is not that of
/// [`crate::weight::Sequence`], or one mirror would repeat what another did a request ago.
pub(crate) fn derive(x: u64, index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(u64::MAX).wrapping_add(1);
    let mut z = x.wrapping_add(index.wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weight::Sequence;

    #[test]
    fn ends() {
        for x in [0, 1, u64::MAX] {
            assert!(Share::ALL.takes(x) && Share::percent(100).takes(x));
            assert!(!Share::percent(0).takes(x));
            assert!(!Share { numerator: 1, denominator: 0 }.takes(x));
        }
        assert!(Share::percent(50).takes(u64::MAX / 2) && !Share::percent(50).takes(u64::MAX / 2 + 1));
        assert!(Share { numerator: u32::MAX - 1, denominator: u32::MAX }.takes(0));
    }

    /// Four mirrors at one half: each of the sixteen outcomes takes a sixteenth, however regular `x` is.
    #[test]
    fn mirrors_are_independent() {
        let sequence = Sequence::new(7);
        let mut outcomes = [0_u32; 16];
        for _ in 0..160_000 {
            let x = sequence.next();
            let outcome = (0..4)
                .fold(0, |bits, index| bits << 1 | usize::from(Share::percent(50).takes(derive(x, index))));
            outcomes[outcome] += 1;
        }
        // Five standard deviations: sqrt(160,000 / 16 * 15 / 16) is 97.
        assert!(outcomes.iter().all(|&count| count.abs_diff(10_000) < 485), "{outcomes:?}");
    }
}
