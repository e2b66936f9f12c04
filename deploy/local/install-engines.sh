#!/bin/sh
# Installs the named engines (postgresql, rabbitmq-server) with the system's packages. Starts nothing: neither now
# nor at the next boot, and makes no database cluster. Runs as root.
set -eu
rules=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
ours="$clusters/lianjian.conf"

undo() {
    rm -f "$rules" "$ours"
    [ ! -e "$rules.before-lianjian" ] || mv "$rules.before-lianjian" "$rules"
    rmdir "$clusters" 2>/dev/null || true
}
trap undo EXIT
trap 'exit 1' HUP INT TERM

[ ! -e "$rules" ] || mv "$rules" "$rules.before-lianjian"
printf '#!/bin/sh\nexit 101\n' >"$rules"
chmod 755 "$rules"
mkdir -p "$clusters"
echo 'create_main_cluster = false' >"$ours"

export DEBIAN_FRONTEND=noninteractive
apt="$(dirname "$0")/../bundle/apt-get.sh" # a bundle beside us comes before the network
sh "$apt" -q -o DPkg::Lock::Timeout=300 update || true
sh "$apt" -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"

# The packages enable their services for the next boot; these were not asked for. epmd comes with the broker.
for unit in "$@" epmd.service epmd.socket; do
    case $unit in epmd.*) case " $* " in *" rabbitmq-server "*) ;; *) continue ;; esac ;; esac
    if command -v systemctl >/dev/null 2>&1; then systemctl disable "$unit" || true
    elif command -v deb-systemd-helper >/dev/null 2>&1; then deb-systemd-helper disable "$unit" || true
    fi
    case $unit in
        *.*) ;;
        *) if command -v update-rc.d >/dev/null 2>&1; then update-rc.d "$unit" disable || true; fi ;;
    esac
done
