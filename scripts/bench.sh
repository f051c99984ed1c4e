#!/bin/sh
# Figures as ratios and medians from one run; nothing here fails because it was slow.
set -eu
sehat=$1
platform=$2
env=production
repeats=${SEHAT_BENCH_REPEATS:-5}

ms() { date +%s%N | cut -c1-13; }
# median of COUNT runs of a command, in milliseconds
median() {
    count=$1
    shift
    for _ in $(seq "$count"); do
        start=$(ms)
        "$@" >/dev/null 2>&1 || true
        echo $(($(ms) - start))
    done | sort -n | sed -n "$(((count + 1) / 2))p"
}

echo "check of the document (median of 15): $(median 15 "$sehat" check "$platform" --format json) ms; goal 20 ms"
echo "an empty process (median of 15):      $(median 15 true) ms"
[ "$(id -u)" = 0 ] || { echo "not root: nothing of the lab was measured"; exit 0; }

by_hand() {
    unshare --net --pid --fork --mount --ipc --uts sh -c 'ip link add a type veth peer name b && ip addr add 10.9.9.1/30 dev a && ip link set a up && ip link set b up'
}
echo "namespaces and a veth pair by hand (median of 15): $(median 15 by_hand) ms"

trap '"$sehat" down "$platform" --env $env >/dev/null 2>&1 || true' EXIT INT TERM
"$sehat" lab prepare "$platform" --env $env >/dev/null 2>&1
start=$(ms)
"$sehat" up "$platform" --env $env >/dev/null
echo "$platform from up to ready: $(($(ms) - start)) ms; goal 45000 ms"
"$sehat" drill "$platform" --env $env --seed 1 --repeat "$repeats" all || [ $? = 1 ] || [ $? = 4 ]
