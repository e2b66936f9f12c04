#!/bin/sh
# apt-get as it is; from a bundle (bundle/debs beside deploy/) with that folder as its only source.
set -eu
debs=$(cd "$(dirname "$0")/../.." && pwd)/bundle/debs
if [ ! -f "$debs/Packages" ]; then
    exec apt-get "$@"
fi
# Before apt is asked, and as root: whoever comes here without `make` has had nothing looked at yet.
(cd "$debs/.." && sha256sum --quiet --check SHA256SUMS) >&2 || {
    echo "错误：bundle/ 中的文件与 SHA256SUMS 不符，可能没有拷全；请重新拷贝。" >&2
    exit 1
}
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/no-parts"
# apt takes no blanks in a source, and reads it as another user: both are seen to by a link.
ln -s "$debs" "$state/debs"
chmod 755 "$state"
echo "deb [trusted=yes] file:$state/debs ./" >"$state/sources.list"
offline() {
    apt-get -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/no-parts" \
        -o Dir::State::lists="$state/lists" -o Dir::Cache::archives="$state/archives" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
offline -q update
for word in "$@"; do
    case $word in update) exit 0 ;; esac
done
offline "$@"
