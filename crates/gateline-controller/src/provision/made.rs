use std::time::{Duration, Instant};

use gateline_api::objects::CORE;
use serde_json::Value;

use super::AGAIN;
use super::repairs::Repairs;

/// How long to wait for a watch to tell of what was made.
const ECHO: Duration = Duration::from_secs(2);

/// Of a data plane, what is watched: without it nothing is served, or too much is evicted.
const WATCHED: [(&str, &str); 4] =
    [(CORE, "Secret"), (CORE, "Service"), ("apps", "Deployment"), ("policy", "PodDisruptionBudget")];

/// An object of a data plane, as it was applied last.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) wanted: Value,
    /// As it came out.
    pub(super) version: Option<u64>,
    /// A watch has told of it: if it is not there now, somebody has deleted it.
    pub(super) seen: bool,
    pub(super) at: Instant,
    pub(super) repairs: Repairs,
}

/// When an object is to be applied.
#[derive(Debug, PartialEq)]
pub(super) struct Next {
    pub(super) at: Instant,
    /// Somebody else has changed or deleted it.
    pub(super) foreign: bool,
}

impl Made {
    /// When to apply it again, if `wanted` is what it should be and `there` what it is.
    pub(super) fn next(&mut self, wanted: &Value, there: Option<&Value>, now: Instant) -> Next {
        if self.wanted != *wanted {
            return Next { at: now, foreign: false };
        }
        let there = there.map(|object| version(&object["metadata"]));
        self.seen |= there.is_some_and(|there| there >= self.version);
        let echo = match there {
            _ if !is_watched(wanted) => None,
            Some(there) => (there > self.version).then_some(now),
            None if self.seen => Some(now),
            None => Some(self.at + ECHO),
        };
        match echo {
            Some(at) => Next { at: self.repairs.next.map_or(at, |next| next.max(at)), foreign: true },
            None => Next { at: self.at + AGAIN, foreign: false },
        }
    }
}

fn is_watched(object: &Value) -> bool {
    WATCHED.contains(&group_and_kind(object))
}

pub(super) fn group_and_kind(object: &Value) -> (&str, &str) {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or(CORE, |(group, _)| group);
    (group, text("kind"))
}

/// Grows with each change: the generation, which a status leaves alone, or for kinds without one the resourceVersion.
pub(super) fn version(metadata: &Value) -> Option<u64> {
    let generation = metadata["generation"].as_u64();
    generation.or_else(|| metadata["resourceVersion"].as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(api: &str, kind: &str) -> Value {
        json!({ "apiVersion": api, "kind": kind, "metadata": { "name": "shop-gateline" } })
    }

    fn made(wanted: &Value, version: u64, at: Instant) -> Made {
        Made { wanted: wanted.clone(), version: Some(version), seen: false, at, repairs: Repairs::default() }
    }

    #[test]
    fn a_foreign_change_is_one_to_the_generation_or_for_kinds_without_one_to_the_version() {
        let at = Instant::now();
        let now = at + Duration::from_secs(1);
        let object = |version: u64, generation: Option<u64>| json!({ "metadata": { "resourceVersion": version.to_string(), "generation": generation } });
        for (api, kind, there, foreign) in [
            ("v1", "Service", object(70, None), false),
            // What was applied is not yet to be seen.
            ("v1", "Service", object(69, None), false),
            ("v1", "Service", object(71, None), true),
            ("v1", "Secret", object(71, None), true),
            ("apps/v1", "Deployment", object(99, Some(70)), false),
            ("apps/v1", "Deployment", object(99, Some(71)), true),
            ("policy/v1", "PodDisruptionBudget", object(99, Some(71)), true),
            ("v1", "ServiceAccount", object(71, None), false),
        ] {
            let wanted = wanted(api, kind);
            let next = made(&wanted, 70, at).next(&wanted, Some(&there), now);
            let expected = Next { at: if foreign { now } else { at + AGAIN }, foreign };
            assert_eq!(next, expected, "{kind} {there}");
        }
    }

    #[test]
    fn what_is_gone_is_missed_at_once_if_it_was_seen_and_soon_if_not() {
        let at = Instant::now();
        let now = at + Duration::from_millis(1);
        let wanted = wanted("v1", "Service");
        let mut made = made(&wanted, 70, at);
        assert_eq!(made.next(&wanted, None, now), Next { at: at + ECHO, foreign: true });
        let there = json!({ "metadata": { "resourceVersion": "70" } });
        assert_eq!(made.next(&wanted, Some(&there), now), Next { at: at + AGAIN, foreign: false });
        assert_eq!(made.next(&wanted, None, now), Next { at: now, foreign: true });
    }

    #[test]
    fn a_fight_is_fought_ever_more_seldom_but_our_own_changes_do_not_wait() {
        let begin = Instant::now();
        let (mut now, mut version) = (begin, 1);
        let (wanted, mut other) = (wanted("v1", "Service"), wanted("v1", "Service"));
        let mut made = made(&wanted, version, now);
        let mut repairs = 0;
        while now < begin + Duration::from_hours(1) {
            // The other one answers at once.
            version += 1;
            let there = json!({ "metadata": { "resourceVersion": version.to_string() } });
            now = made.next(&wanted, Some(&there), now).at;
            version += 1;
            made.version = Some(version);
            made.repairs.looked(true, now);
            repairs += 1;
        }
        assert!((15..=25).contains(&repairs), "{repairs}");
        other["metadata"]["labels"] = json!({ "team": "shop" });
        assert_eq!(made.next(&other, None, now), Next { at: now, foreign: false });
    }
}
