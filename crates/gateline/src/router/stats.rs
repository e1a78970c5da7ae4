use super::Router;
use super::bucket::Bucket;
use super::candidates::Candidates;
use super::request::MAX_REGEX_PATH;

/// The size of a router, and the bounds that hold for every [`Router::decide`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Matches, counted once for each listener and hostname they are attached to.
    pub matches: usize,
    /// Distinct prefixes and exact paths, for each host.
    pub nodes: usize,
    /// The most matches that one look-up of a path and a predicate may have to try one by one.
    pub longest_list: usize,
    /// Distinct regular expressions.
    pub regexes: usize,
    /// The most regular expressions of one host that are tried on every path, because they need no text of two bytes.
    pub residual_regexes: usize,
    /// The largest DFA, in bytes; at most 128 KiB.
    pub largest_dfa: usize,
    /// The longest path, in bytes, that is matched against regular expressions; they do not match longer ones.
    pub longest_regex_path: usize,
}

impl Router {
    /// See [`Stats`]. O(size of the router).
    #[must_use]
    pub fn stats(&self) -> Stats {
        let buckets = || self.groups.iter().flat_map(|group| &group.buckets);
        let candidates = || buckets().flat_map(Bucket::candidates);
        Stats {
            matches: self.groups.iter().map(|group| group.slots.len()).sum(),
            nodes: buckets().map(Bucket::nodes).sum(),
            longest_list: candidates().map(Candidates::longest).max().unwrap_or_default(),
            regexes: self.patterns.len(),
            residual_regexes: buckets().map(Bucket::residual_regexes).max().unwrap_or_default(),
            largest_dfa: self.patterns.largest_dfa(),
            longest_regex_path: MAX_REGEX_PATH,
        }
    }
}
