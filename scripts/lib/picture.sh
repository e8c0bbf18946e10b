# Draws what hangs on the bridge hawser0: usage: picture.sh CONTAINER...
set -euo pipefail

cell() { jq -r "$1" | paste -sd ' ' -; }
bridge=$(ip -j address show dev hawser0)
printf '   hawser0  %s  mtu %s\n' \
    "$(cell '.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' <<<"$bridge")" \
    "$(cell '.[0].mtu' <<<"$bridge")"
for name in "$@"; do
    inside=$(hawser exec "$name" ip -j address show dev eth0)
    peer=$(cell '.[0].link_index' <<<"$inside")
    host=$(ip -j link show master hawser0 | cell ".[] | select(.ifindex == $peer) | .ifname")
    printf '     +-- %s -- eth0 of %-14s %s\n' "$host" "$name" \
        "$(cell '.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' <<<"$inside")"
done
echo "   nftables elements of table inet hawser:"
nft list table inet hawser | awk '
    $1 == "map" || $1 == "set" { name = $2 }
    /comment "[a-z0-9-]+\// { gsub(/^[ \t]+|elements = \{ |[ ,}]+$/, ""); printf "     %-16s %s\n", name, $0 }'
