# usage: bash private-host.sh COMMAND...   runs a command on a host of its own: network, mount and process namespaces with
# an empty /run and state directories in memory. Nothing of the machine changes; all of it, and every process that was
# started in it, goes when the command has ended.
set -euo pipefail

exec unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash -euc '
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/netns /run/.var/upper /run/.var/work /run/.cgroup
    mount -t overlay -o lowerdir=/var,upperdir=/run/.var/upper,workdir=/run/.var/work overlay /var
    for state in cni hawser; do
        mkdir -p "/var/lib/$state"
        mount -t tmpfs -o mode=755 tmpfs "/var/lib/$state"
    done
    mount --rbind /sys/fs/cgroup /run/.cgroup
    mount -t sysfs sysfs /sys # shows the links of this namespace
    mount --rbind /run/.cgroup /sys/fs/cgroup
    ip link set lo up
    exec "$@"' private-host "$@"
