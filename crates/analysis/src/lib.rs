//! What follows from a platform: survival, recovery, capacity, outage bounds. Knows no promise.
