//! Existing files become a platform: a map of path to text becomes an inventory, and what is wrong with the format.
