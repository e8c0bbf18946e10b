# The steps of scripts/demo, on whatever host they are started on.
set -euo pipefail

export HAWSER_PLUGIN_DIR=$PWD/.build-embedded/bin HAWSER_NETWORK_DIR=$PWD/conf
export HAWSER_SHIM=$PWD/.build-embedded/libexec/hawser-shim HAWSER_CGROUP=hawser-demo-$$
export PATH=$PWD/.build/release:$PATH
network=bridge web=web-$$ shell=shell-$$ outside=outside-$$ link=demo$$
uplink=198.18.0.1 beyond=198.18.0.2
page=$(mktemp -d)

say() { printf '\n== %s\n' "$*"; }

# Runs a command and prints its last line beside what it shows; ends the demo when it fails.
step() {
    local text=$1 output
    shift
    printf '   %-58s ' "$text"
    if output=$("$@" 2>&1 </dev/null); then
        printf 'ok  %s\n' "$(grep -v '^$' <<<"$output" | tail -n 1 | cut -c1-60)"
    else
        printf 'FAILED: %s\n%s\n' "$*" "$output"
        exit 1
    fi
}

there() { ip netns exec "$outside" "$@"; }
fetch() { timeout 5 busybox wget -q -O - "$1"; }
banner() { timeout 5 busybox nc "$1" 2333; }
export -f fetch banner

tidy() {
    hawser rm -f "$web" "$shell" >/dev/null 2>&1 || true
    [ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
    ip netns delete "$outside" 2>/dev/null || true
    rm -rf "$page"
}
trap tidy EXIT

say "Outside: a namespace beyond the host's uplink, without a route to the containers"
ip netns add "$outside"
ip link add "$link" type veth peer name eth0 netns "$outside"
ip address add "$uplink/24" dev "$link"
ip link set "$link" up
there ip address add "$beyond/24" dev eth0
there ip link set eth0 up
echo "hello from beyond the NAT" >"$page/index.html"
there busybox httpd -f -p "$beyond:8000" -h "$page" &
listener=$!
echo "   host $uplink -- outside $beyond, which serves HTTP on port 8000"

say "Two containers on the network '$network' (conf/10-bridge.conflist)"
hawser run -d --name "$web" --network "$network" -p 2333:22 -p 8080:80 -- sh -c '
    mkdir -p /tmp/www
    echo "hello from $(hostname)" >/tmp/www/index.html
    busybox nc -ll -p 22 -e echo "SSH-2.0-demo (port 22 of the container)" &
    exec busybox httpd -f -p 80 -h /tmp/www'
hawser run -d --name "$shell" --network "$network" -- sleep 600
hawser ps
address() { hawser exec "$1" ip -4 -o address show dev eth0 | awk '{ sub("/.*", "", $4); print $4 }'; }
webAddress=$(address "$web")
shellAddress=$(address "$shell")
gateway=$(hawser exec "$shell" ip -4 route show default | awk '{ print $3 }')

say "They reach each other, their gateway, and the world beyond NAT"
step "$shell pings $web, $webAddress" hawser exec "$shell" ping -c 1 -W 5 "$webAddress"
step "$web pings $shell, $shellAddress" hawser exec "$web" ping -c 1 -W 5 "$shellAddress"
step "$shell pings its gateway, $gateway" hawser exec "$shell" ping -c 1 -W 5 "$gateway"
step "$shell fetches http://$beyond:8000/ through NAT" \
    hawser exec "$shell" timeout 5 busybox wget -q -O - "http://$beyond:8000/"
step "outside, which has no route to $webAddress, ..." bash -c "! ip -n $outside route get $webAddress"

say "Published ports: 2333 to the container's 22, 8080 to its 80"
step "http, from outside: $uplink:8080" there bash -c "fetch http://$uplink:8080/"
step "http, from the host's own address: $uplink:8080" fetch "http://$uplink:8080/"
step "http, from 127.0.0.1:8080" fetch http://127.0.0.1:8080/
step "port 2333, from outside" there bash -c "banner $uplink"
step "port 2333, from the host's own address" banner "$uplink"
step "port 2333, from 127.0.0.1" banner 127.0.0.1

say "What was built"
bash scripts/lib/picture.sh "$web" "$shell"

say "Removing everything"
hawser rm -f "$web" "$shell"
gone() { ! ip -o link show type veth | grep -q "master hawser0"; }
step "no interface of a container is left on hawser0" gone
clean() { ! nft list table inet hawser 2>/dev/null | grep -F "\"$network/"; }
step "no nftables element is left" clean
free() { [ -z "$(find "/var/lib/cni/networks/$network" -name '10.*' -print -quit)" ]; }
step "no address is reserved" free
ip link delete "$link"
say "Done"
