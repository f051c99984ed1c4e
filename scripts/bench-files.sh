#!/bin/sh
# What `check`, `reach` and `kustomize` take for generated platforms, and what other tools take for the same files.
# Processor time and not wall time, because the machines are shared. SERVICES names the sizes.
set -eu
sehat=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

cargo build --quiet --locked -p xtask
xtask=target/debug/xtask
for services in ${SERVICES:-1000 5000}; do
    folder=$work/$services
    "$xtask" gen --services "$services" --out "$folder" --faults
    echo "$services services, $(find "$folder/k8s" -type f | wc -l) files:"
    echo "  check: $("$xtask" measure 5 "$sehat" check "$folder/k8s" --format json); goal 150 ms and 100 MB at 1000, 800 ms and 400 MB at 5000"
    "$sehat" check "$folder/k8s" --format json --as-of 2026-11-21 >"$folder/found.json" || true
    echo "  planted faults that were found: $("$xtask" planted "$folder/faults.tsv" "$folder/found.json")"
    echo "  reach: $("$xtask" measure 5 "$sehat" reach "$folder/k8s" --format json), all pairs written out"
    for peer in kubeconform kube-score kube-linter; do
        command -v "$peer" >/dev/null || continue
        case $peer in
        kubeconform) words="-summary -ignore-missing-schemas $folder/k8s" ;;
        kube-score) words="score $(find "$folder/k8s" -name '*.yaml' | tr '\n' ' ')" ;;
        kube-linter) words="lint $folder/k8s" ;;
        esac
        # shellcheck disable=SC2086
        echo "  $peer: $("$xtask" measure 1 "$peer" $words)"
    done
done

"$xtask" gen --services 1000 --out "$work/tree" --kustomize
echo "kustomize, 1000 services: $("$xtask" measure 5 "$sehat" kustomize "$work/tree/k8s"); goal 200 ms"
if command -v kustomize >/dev/null; then
    echo "  kustomize itself, 200 services:"
    "$xtask" gen --services 200 --out "$work/small" --kustomize
    echo "  ours: $("$xtask" measure 5 "$sehat" kustomize "$work/small/k8s"); theirs: $("$xtask" measure 1 kustomize build "$work/small/k8s")"
fi
