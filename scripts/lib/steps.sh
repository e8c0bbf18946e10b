# Sourced by the demo: how it says what it does, and what it asks more than once.

heading() { printf '\n== %s\n' "$*"; }

# Runs a command and prints its last line beside what it shows; ends the demo when it fails.
step() {
    local text=$1 output
    shift
    printf '   %-52s  ' "$text"
    if output=$("$@" 2>&1 </dev/null); then
        printf 'ok   %s\n' "$(grep -v '^$' <<<"$output" | tail -n 1 | cut -c1-70)"
    else
        printf 'FAILED: %s\n%s\n' "$*" "$output"
        exit 1
    fi
}

# Tries for five seconds: a server that was just started may not listen yet.
again() {
    local end=$((SECONDS + 5))
    until "$@"; do [ $SECONDS -lt $end ] || return 1; done
}
fetch() { again timeout 5 busybox wget -q -O - "$1"; }
banner() { again timeout 5 busybox nc "$1" "$2"; }
# -w: repeated until one answer came, so that a lost first packet is no failure.
pings() { hawser exec "$1" ping -q -c 1 -w 5 "$2" | sed -n 's|^rtt [^=]*= \([0-9.]*\)/.*|answered after \1 ms|p'; }

no_route() { ! ip -n "$1" route get "$2"; }
no_link() { ! ip link show dev "$1"; }
quietly() { "$@" >/dev/null; }
# Runs a command that must succeed and say nothing that matches.
without() {
    local said
    said=$("${@:2}") || return 1
    ! grep -E "$1" <<<"$said"
}
# Compares the host with what snapshot.sh said; settings that a kernel module brought on its first use may be new.
unchanged() {
    local changes
    changes=$(diff "$1" <(bash scripts/lib/snapshot.sh) | grep '^[<>]' | grep -v '^> net\.' || true)
    [ -z "$changes" ] || { echo "$changes"; return 1; }
}
