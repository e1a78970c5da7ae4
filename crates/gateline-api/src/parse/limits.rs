/// What one call of [`load`](super::load) may use. Beyond it the file or document is refused with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file; checked before it is read. 64 MiB.
    pub file_bytes: u64,
    /// Bytes of all files together. 256 MiB.
    pub total_bytes: u64,
    /// Values (scalars, sequences, mappings) of all documents together, aliases counted as often as they are used.
    /// 4,000,000, which is about 1 GiB of memory.
    pub nodes: usize,
    /// Nesting of sequences and mappings. 100; the deepest object of the Gateway API needs 13.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 64 << 20, total_bytes: 256 << 20, nodes: 4_000_000, depth: 100 }
    }
}
