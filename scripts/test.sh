#!/bin/sh
# Every test. Those of the lab need root and run alone, one lab at a time.
set -eu
cargo test --locked --workspace
