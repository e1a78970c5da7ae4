//! Token buckets: one, or one a key, with time passed in.
