//! Filters to allowed connections, each with the entry that allows it.
