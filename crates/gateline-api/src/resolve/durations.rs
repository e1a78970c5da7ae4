use std::time::Duration;

/// A GEP-2257 duration: `1h30m`, `500ms`, `0s`; up to four units of up to five digits. `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    for _ in 0..4 {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at_checked(digits)?;
        if number.is_empty() || number.len() > 5 {
            return None;
        }
        let (millis, tail) = unit(tail)?;
        total += Duration::from_millis(number.parse::<u64>().ok()? * millis);
        rest = tail;
        if rest.is_empty() {
            return Some(total);
        }
    }
    None
}

fn unit(text: &str) -> Option<(u64, &str)> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    units.into_iter().find_map(|(name, millis)| Some((millis, text.strip_prefix(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gep_2257() {
        assert_eq!(parse("1h30m"), Some(Duration::from_mins(90)));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("0s"), Some(Duration::ZERO));
        assert_eq!(parse("1s1ms"), Some(Duration::from_millis(1001)));
        for bad in ["", "1", "s", "1.5s", "100000s", "1d", "1h1h1h1h1h", "-1s"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
