#!/bin/sh
# Figures from one run, each with its goal beside it; nothing here fails because it was slow.
# With arguments after the platform only these parts are run: check, machines, up, idle, drills.
set -eu
sehat=$1
platform=$2
shift 2
parts=${*:-check machines up idle drills}
env=production
bench=$(dirname "$sehat")/examples/bench

wanted() { case " $parts " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
ms() { date +%s%N | cut -c1-13; }
# median, least and most of COUNT runs of a command, in milliseconds
spread() {
    count=$1
    shift
    for _ in $(seq "$count"); do
        start=$(ms)
        "$@" >/dev/null 2>&1 || true
        echo $(($(ms) - start))
    done | sort -n | awk '{ all[NR] = $1 } END { printf "%s ms (n %d, %s to %s)", all[int((NR + 1) / 2)], NR, all[1], all[NR] }'
}

echo "load of the last minute on $(nproc) cores: $(cut -d' ' -f1 /proc/loadavg)"
if wanted check; then
    echo "check of the document: $(spread 21 "$sehat" check "$platform" --format json); goal 20 ms"
    echo "an empty process: $(spread 21 true)"
fi
[ "$(id -u)" = 0 ] || { echo "not root: nothing of the lab was measured"; exit 0; }

prepared=$("$sehat" lab prepare "$platform" --env $env 2>/dev/null)
root=${prepared#prepared }
if wanted machines; then
    "$bench" machines "$root"
fi

down() { "$sehat" down "$platform" --env $env >/dev/null 2>&1 || true; }
up() { "$sehat" up "$platform" --env $env >/dev/null 2>&1; }
trap down EXIT INT TERM
if wanted up; then
    down
    for _ in 1 2 3 4 5; do
        start=$(ms)
        up
        echo $(($(ms) - start))
        down
    done | sort -n | awk '{ all[NR] = $1 } END { printf "%d machines from up to ready: %s ms (n %d, %s to %s); goal 45000 ms\n", machines, all[3], NR, all[1], all[NR] }' \
        machines="$("$sehat" up "$platform" --env $env --plan | sed -n 's/^\([0-9]*\) machines.*/\1/p' | head -1)"
fi
if wanted idle || wanted drills; then
    up
fi
if wanted idle; then
    # Servers that have just started are still busy with each other.
    sleep 5
    name=$(sed -n 's/^platform: *//p' "$platform/platform.yaml" | head -1)
    "$bench" idle "$name-$env"
fi
if wanted drills; then
    # A promise that breaks and one that stays unknown are answers.
    judged() { "$@" || [ $? = 1 ] || [ $? = 4 ]; }
    for drill in kill-instance kill-node kill-leader cut-segment drop-table; do
        judged "$sehat" drill "$platform" --env $env --seed 1 --repeat "${SEHAT_BENCH_REPEATS:-5}" "$drill"
    done
    judged "$sehat" drill "$platform" --env $env --seed 1 reachability
    "$sehat" report "$platform" --env $env --table
fi
