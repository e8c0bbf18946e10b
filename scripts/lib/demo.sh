# The steps of scripts/demo, on whatever host they are started on; hawser is found in PATH, its plugins and networks where
# HAWSER_PLUGIN_DIR and HAWSER_NETWORK_DIR say.
set -euo pipefail
source scripts/lib/steps.sh

network=bridge bridge=hawser0 uplink=198.18.0.1 beyond=198.18.0.2 link=demo$$ outside=outside-$$
work=$(mktemp -d /run/hawser-demo.XXXXXX)
chmod 755 "$work"
export HAWSER_CGROUP=${work##*/}
# What containers share belongs to the demo only where nothing of it was there before.
shared=theirs
if ! ip link show dev $bridge >"$work/out" 2>&1 && ! nft list table inet hawser >"$work/out" 2>&1; then shared=ours; fi
forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
bash scripts/lib/snapshot.sh >"$work/before"

containers=()
tidy() {
    [ ${#containers[@]} = 0 ] || hawser rm -f "${containers[@]}" >/dev/null 2>&1 || true
    [ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
    ip link delete "$link" 2>/dev/null || true
    ip netns delete "$outside" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

heading "Outside: a namespace at the other end of the host's uplink, without a route to containers"
mkdir -p "$work/site/cgi-bin"
cp scripts/lib/who.cgi "$work/site/cgi-bin/who"
ip netns add "$outside"
ip link add "$link" type veth peer name eth0 netns "$outside"
ip address add "$uplink/24" dev "$link"
ip link set "$link" up
ip -n "$outside" address add "$beyond/24" dev eth0
ip -n "$outside" link set eth0 up
# Started as one process, so that its number is the server's own, and without the streams of the demo.
PLACE=outside ip netns exec "$outside" busybox httpd -f -p "$beyond:80" -h "$work/site" </dev/null >/dev/null 2>&1 &
listener=$!
echo "   host $uplink ($link) --- outside $beyond, which serves HTTP"

heading "Two containers on the network '$network' of $HAWSER_NETWORK_DIR"
start() {
    echo "   \$ hawser run -d ${*@Q}" | sed "s/'\([[:alnum:]:./-]*\)'/\1/g"
    containers+=("$(hawser run -d "$@")")
}
start --name web -p 2333:22 -p 8080:80 -v "$work/site:/srv:ro" sh -c \
    'busybox nc -ll -p 22 -e echo "SSH-2.0-demo of $(hostname), port 22" & exec busybox httpd -f -p 80 -h /srv'
start --name shell sleep 600
hawser ps | sed 's/^/   /'
given() { hawser inspect "$1" | jq -r ".[0].networks[0].result | $2"; }
web=${containers[0]} shell=${containers[1]}
web_address=$(given "$web" '.ips[0].address | sub("/.*"; "")')
shell_address=$(given "$shell" '.ips[0].address | sub("/.*"; "")')
gateway=$(given "$shell" '.ips[0].gateway')

heading "They reach each other, their gateway, and the world beyond NAT"
step "shell pings web, $web_address" pings "$shell" "$web_address"
step "web pings shell, $shell_address" pings "$web" "$shell_address"
step "shell pings its gateway, $gateway" pings "$shell" "$gateway"
step "outside has no route to $shell_address" no_route "$outside" "$shell_address"
step "shell fetches http://$beyond/ all the same: NAT" \
    again hawser exec "$shell" timeout 5 busybox wget -q -O - "http://$beyond/cgi-bin/who"

heading "Published ports: the host's 8080 is web's 80, its 2333 is web's 22"
for from in "outside:$uplink" "the host:$uplink" "the host:127.0.0.1"; do
    address=${from#*:} from=${from%:*}
    in_place=(bash -c 'source scripts/lib/steps.sh; "$@"' -)
    [ "$from" != outside ] || in_place=(ip netns exec "$outside" "${in_place[@]}")
    step "from $from: http://$address:8080/" "${in_place[@]}" fetch "http://$address:8080/cgi-bin/who"
    step "from $from: $address port 2333" "${in_place[@]}" banner "$address" 2333
done

heading "What was built"
bash scripts/lib/picture.sh "$outside" "$link" "$bridge" "$web" "$shell"

heading "Removing everything"
peers=$(given "$web" '.interfaces[1].name') && peers+=" $(given "$shell" '.interfaces[1].name')"
step "hawser rm -f web shell" quietly hawser rm -f "$web" "$shell"
containers=()
for peer in $peers; do step "$peer is gone" no_link "$peer"; done
step "no nftables element is theirs" without "$web|$shell" nft list ruleset
step "no address is reserved for them" without "$web|$shell" cat -- /var/lib/cni/networks/$network/*
step "no container is left" without "$web|$shell" hawser ps -a
kill "$listener"
wait "$listener" 2>/dev/null || true
ip link delete "$link"
ip netns delete "$outside"
if [ $shared = ours ]; then
    echo "   What all containers share stays for the next one: the bridge, the empty table, forwarding. Here nobody"
    echo "   had it before, so it goes too."
    ip link delete $bridge
    nft delete table inet hawser
    echo "$forwarding" >/proc/sys/net/ipv4/ip_forward
    step "links, addresses, routes, rules, settings as before" unchanged "$work/before"
fi
