# Sourced by the scripts: goes to the repository's root and offers what more than one of them needs.
script=$(readlink -f "$0") here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '%s\n' "== $*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# The comment at the head of a script is its help.
show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$script"; }

# Installs the packages of the kinds named ("build", "test") that are missing; a machine that has all is not touched.
install_packages() {
    local kind package missing=()
    for kind in "$@"; do
        while read -r _ package; do
            dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
        done < <(grep "^$kind " scripts/lib/packages)
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "missing Debian packages: ${missing[*]} (install them, or run this as root)"
    say "installing ${missing[*]}"
    apt-get update -qq </dev/null >&2
    # RUNLEVEL=1 keeps invoke-rc.d from starting daemons (containerd): tests start their own in private namespaces.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >&2
}

# Runs a build under a limit of memory and time: a compiler that goes astray must not take the machine with it
# (docs/decisions.md, "Embedded Swift").
guarded() {
    (
        ulimit -v $((16 * 1024 * 1024)) # KiB of address space for each process; builds here stay below 5 GiB
        exec timeout --kill-after=10 "${BUILD_TIMEOUT:-1500}" "$@"
    )
}
