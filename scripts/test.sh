#!/bin/sh
# Every test. As root those of the lab too, one after another, from one root file system that all of them share.
set -eu
cd "$(dirname "$0")/.."
sehat=target/x86_64-unknown-linux-gnu/release/sehat
platform=platforms/health-infraops

if [ "$(id -u)" = 0 ]; then
    sh scripts/prepare.sh
    # What tests ask beside the platform: servers that only answer whether a configuration is right.
    prepared=$("$sehat" lab prepare "$platform" --env production \
        --with dnsmasq,prometheus-blackbox-exporter,prometheus-node-exporter 2>target/prepare.log) || {
        tail -20 target/prepare.log >&2
        exit 3
    }
    SEHAT_TEST_ROOT=${prepared#prepared }
    export SEHAT_TEST_ROOT
    # What is released is what must cost little.
    SEHAT_RELEASED=$PWD/$sehat
    export SEHAT_RELEASED
fi
cargo test --locked --workspace
cargo xtask features >target/features.txt || { tail -5 target/features.txt; exit 1; }
