//! Guesses which name was meant by one that does not exist.

/// Longest part of an unknown name that is compared: it comes from outside and costs its length
/// times that of every name there is.
const COMPARED: usize = 80;

/// The name that was most likely meant.
pub(crate) fn nearest<'a>(unknown: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let unknown: String = unknown.trim().to_ascii_lowercase().chars().take(COMPARED).collect();
    // `global_keyprefix` lacks what comes before it, which no distance would forgive.
    let shortened = names
        .clone()
        .find(|name| name.strip_suffix(unknown.as_str()).is_some_and(|before| before.ends_with(['.', '_'])));
    shortened.or_else(|| names.min_by_key(|name| distance(&unknown, name)))
}

/// How many characters must be inserted, removed or replaced to get from one to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, wanted) in from.chars().enumerate() {
        // The first of the row above, and of the row being made.
        let mut above_left = index;
        let mut left = index + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, found) in row.iter_mut().skip(1).zip(&to) {
            let replaced = above_left + usize::from(wanted != *found);
            above_left = *cell;
            left = replaced.min(above_left + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("result_expire", "result_expires"), 1);
    }

    #[test]
    fn guesses() {
        let names = ["result_expires", "redis_host", "options.global_keyprefix"];
        let guess = |unknown| nearest(unknown, names.into_iter());
        assert_eq!(guess("result_expire"), Some("result_expires"));
        assert_eq!(guess("RESULT_EXPIRES"), Some("result_expires"));
        assert_eq!(guess("redishost"), Some("redis_host"));
        assert_eq!(guess("global_keyprefix"), Some("options.global_keyprefix"));
        assert_eq!(guess("host"), Some("redis_host"));
        assert_eq!(nearest("x", [].into_iter()), None);
    }
}
