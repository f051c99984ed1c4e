#!/bin/sh
# The whole chain on one platform: check, prepare, up, journeys, drills, restore, report, down.
# A broken promise is shown and is no failure; a step that could not run is one.
set -eu
sehat=$1
platform=$2
env=production

step() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
# 0 kept, 1 broken and 4 unknown are answers; 2 and 3 say that the step itself failed.
judged() {
    code=0
    "$@" || code=$?
    case $code in 0 | 1 | 4) ;; *) echo "this step could not run (exit code $code): $*" >&2; exit "$code" ;; esac
}

if [ "$(id -u)" != 0 ]; then
    echo "not root: the platform is checked, and the lab, the drills, the restore and the report are left out"
    judged "$sehat" check "$platform" --env $env
    exit 0
fi

step "check: does every mechanism keep its promise?"
judged "$sehat" check "$platform" --env $env

step "what the lab needs here"
sh scripts/prepare.sh
"$sehat" lab prepare "$platform" --env $env --list
if [ -t 0 ] && ! "$sehat" lab prepare "$platform" --env $env --list | grep -q '^nothing'; then
    printf 'go on? [Y/n] '
    read -r answer
    case $answer in n* | N*) echo "stopped; nothing was installed by the lab"; exit 0 ;; esac
fi
"$sehat" lab prepare "$platform" --env $env 2>target/prepare.log || { tail -20 target/prepare.log >&2; exit 3; }

trap '"$sehat" down "$platform" --env $env >/dev/null 2>&1 || true' EXIT INT TERM

step "up: the platform, machine by machine"
"$sehat" up "$platform" --env $env

step "drills: what users see when something breaks"
judged "$sehat" drill "$platform" --env $env --seed 1 all

step "report"
judged "$sehat" evidence verify "$platform" --env $env
judged "$sehat" report "$platform" --env $env

step "down"
"$sehat" down "$platform" --env $env
