# Prints what the demo must leave as it was on the host that this runs on: links, addresses, routes, routing rules,
# nftables and the settings below net. What passes by itself (lifetimes, counters) is left out.
set -euo pipefail

lasting() { jq -S 'walk(if type == "object" then del(.valid_life_time, .preferred_life_time, .expires) else . end)'; }
ip -j -details address show | lasting
ip -j route show table all | lasting
ip -j -6 route show table all | lasting
ip -j rule show
ip -j -6 rule show
nft --stateless list ruleset
sysctl --all --pattern '^net\.' 2>/dev/null | grep -v '^net\.netfilter\.nf_conntrack_count'
