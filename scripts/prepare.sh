#!/bin/sh
# Installs the few tools that the lab needs on this machine. Servers of the platform are never installed here.
set -eu

missing=""
for tool in mmdebstrap:mmdebstrap zstd:zstd ip:iproute2 nft:nftables cc:gcc; do
    command -v "${tool%%:*}" >/dev/null 2>&1 || missing="$missing ${tool##*:}"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing:$missing. Install them, then run this again." >&2
    exit 1
fi
echo "installing:$missing"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
