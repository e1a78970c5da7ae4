use std::time::{Duration, Instant};

/// From a repair to the next. It doubles with each …
const SHORTEST: Duration = Duration::from_secs(1);
/// … up to this, …
const LONGEST: Duration = Duration::from_mins(5);
/// … and is the shortest again when the object was left alone for so long.
const QUIET: Duration = Duration::from_mins(5);

/// How often an object was set right that somebody else had changed, and when it may be again: two who want it different
/// would otherwise keep each other and the API server busy for ever.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repairs {
    /// Without a quiet time between them.
    pub(super) in_a_row: u32,
    /// Not before this.
    pub(super) next: Option<Instant>,
}

impl Repairs {
    /// It was changed and has been looked at; and set right, if the change was to something of ours.
    pub(super) fn looked(&mut self, repaired: bool, now: Instant) {
        if self.next.is_none_or(|next| now.duration_since(next) > QUIET) {
            self.in_a_row = 0;
        }
        self.in_a_row += u32::from(repaired);
        self.next = Some(now + self.pause());
    }

    fn pause(&self) -> Duration {
        SHORTEST.saturating_mul(1 << self.in_a_row.saturating_sub(1).min(16)).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repair_waits_twice_as_long_as_the_one_before_until_it_is_quiet() {
        let (mut repairs, mut now) = (Repairs::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..11 {
            repairs.looked(true, now);
            let next = repairs.next.unwrap();
            pauses.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);

        // Changed once more before it is quiet, …
        now += QUIET;
        repairs.looked(true, now);
        assert_eq!((repairs.next, repairs.in_a_row), (Some(now + LONGEST), 12));
        // … and after.
        now += LONGEST + QUIET + SHORTEST;
        repairs.looked(true, now);
        assert_eq!((repairs.next, repairs.in_a_row), (Some(now + SHORTEST), 1));
    }

    #[test]
    fn what_others_own_is_no_repair() {
        let (mut repairs, now) = (Repairs::default(), Instant::now());
        for _ in 0..9 {
            repairs.looked(false, now);
            assert_eq!((repairs.next, repairs.in_a_row), (Some(now + SHORTEST), 0));
        }
    }
}
