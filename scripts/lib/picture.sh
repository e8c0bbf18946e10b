# Draws what the kernel has between an uplink and containers: usage: picture.sh NAMESPACE UPLINK BRIDGE
# CONTAINER...; NAMESPACE is what the uplink leads to.
set -euo pipefail
outside=$1 uplink=$2 bridge=$3
shift 3

first() { jq -r '.[0] | [(.addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)")] | join(" ")'; }
containers=$(hawser inspect "$@")
ports=$(jq -r '.[] | .name as $name | .ports[] | split("[:/]"; null) | "\(.[0])/\(.[2]) -> \($name):\(.[1])"' \
    <<<"$containers" | paste -sd ' ' | sed 's/ \([0-9]*\/\)/   \1/g')
printf '   %-16s %s\n      |\n' outside "$(ip -n "$outside" -j address show dev eth0 | first)"
printf '   %-16s %-18s host; published: %s\n' "$uplink" "$(ip -j address show dev "$uplink" | first)" "$ports"
printf '   %-16s %-18s bridge, mtu %s\n' "$bridge" "$(ip -j address show dev "$bridge" | first)" \
    "$(ip -j link show dev "$bridge" | jq '.[0].mtu')"
for name in "$@"; do
    inside=$(hawser exec "$name" ip -j address show dev eth0)
    peer=$(jq '.[0].link_index' <<<"$inside")
    host=$(ip -j link show master "$bridge" | jq -r ".[] | select(.ifindex == $peer) | .ifname")
    printf '      |\n      +-- %-16s === eth0 of %-8s %-18s %s\n' "$host" \
        "$(jq -r --arg id "$name" '.[] | select(.id == $id) | .name' <<<"$containers")" \
        "$(first <<<"$inside")" "$(jq -r '.[0].address' <<<"$inside")"
done
printf '\n   %-24s %-18s   %-24s %s\n' "inet hawser" "key" "value" "owner"
nft -j list table inet hawser | jq -r --argjson containers "$containers" '
    def text: if type != "object" then tostring elif .concat then .concat | map(text) | join(" . ")
        elif .jump then "jump \(.jump.target)" else tojson end;
    def row($value): (.elem.comment | split("/")) as [$network, $id]
        | [(.elem.val | text), $value, "\($network)/\(first($containers[] | select(.id == $id) | .name) // $id[:12])"];
    # Elements without an owner lead to the chains of subnets.
    .nftables[] | .map // .set | select(.elem) | .name as $name | .elem[]
    | select((if type == "array" then .[0] else . end | type) == "object")
    | [$name] + (if type == "array" then .[1] as $value | .[0] | row($value | text) else row("") end)
    | @tsv' | awk -F '\t' '{ printf "   %-24s %-18s %s %-24s %s\n", $1, $2, $3 == "" ? " " : ":", $3, $4 }'
