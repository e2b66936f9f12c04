#!/bin/sh
# Makes .venv with the locked dependencies, from a machine that has only python3.
#   sh deploy/local/bootstrap.sh run|dev|bench        (each set holds the one before it)
# Where bundle/ lies beside it (make bundle), everything comes from there and no network is asked.
set -eu
wanted=${1:-run}
cd "$(dirname "$0")/../.."
case $wanted in
    run) lock=requirements.txt; sets="run dev bench" ;;
    dev) lock=requirements-dev.txt; sets="dev bench" ;;
    bench) lock=requirements-bench.txt; sets="bench" ;;
    *) echo "bootstrap.sh: run, dev or bench, not '$wanted'" >&2; exit 2 ;;
esac

fail() { for line in "$@"; do echo "$line" >&2; done; exit 1; }

for folder in var .venv; do
    [ ! -e "$folder" ] || [ -w "$folder" ] || fail \
        "错误：$folder/ 属于用户 $(stat -c %U "$folder")，当前用户 $(id -un) 不能写入。" \
        "请以 $(stat -c %U "$folder") 的身份运行；或另行克隆一份到自己的目录；或请其执行 make clean DATA=yes 后再试。"
done
[ -w . ] || fail "错误：当前用户 $(id -un) 不能写入 $(pwd)。请克隆一份到自己的目录再运行。"
mkdir -p var/setup-logs
log=var/setup-logs/python.log

# One at a time: `make run` beside `make test` waits for the first to finish.
if command -v flock >/dev/null 2>&1; then
    exec 9>var/setup-logs/bootstrap.lock
    flock 9
fi

fingerprint() { { pwd; cat "$1" pyproject.toml; } | cksum; }
stamp_of() { case $1 in run) echo requirements.txt ;; *) echo "requirements-$1.txt" ;; esac; }
for set in $sets; do
    stamp=.venv/.installed-$set
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$(stamp_of "$set")")" ] \
        && .venv/bin/python -c '' 2>/dev/null; then
        exit 0
    fi
done

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
can_venv='import ctypes, ensurepip, ssl, venv'
find_python() {
    for candidate in python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c "$new_enough" 2>/dev/null && "$candidate" -c "$1" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

sources=""
if [ -f bundle/SHA256SUMS ]; then
    (cd bundle && sha256sum --quiet --check SHA256SUMS) >"$log" 2>&1 || fail \
        "错误：bundle/ 中的文件与 SHA256SUMS 不符，可能没有拷全；请重新拷贝。详情：$log" "$(tail -n 3 "$log")"
    sources="--no-index --find-links bundle/wheels"
fi

python=$(find_python "$can_venv")
if [ -z "$python" ]; then
    bare=$(find_python '')
    [ -n "$bare" ] || fail \
        "错误：需要 Python 3.11 或更高版本，本机没有找到（找过 python3.11、python3.12、python3.13、python3）。" \
        "Debian 12 / Ubuntu 24.04 及以上：apt-get install python3 python3-venv"
    package=$("$bare" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    echo "安装 $package（系统软件包，详见 $log）……"
    if ! { command -v apt-get >/dev/null 2>&1 \
        && { as_root env DEBIAN_FRONTEND=noninteractive sh deploy/bundle/apt-get.sh -q -o DPkg::Lock::Timeout=300 update || true; } \
        && as_root env DEBIAN_FRONTEND=noninteractive sh deploy/bundle/apt-get.sh -q -y -o DPkg::Lock::Timeout=300 \
            install --no-install-recommends "$package"; } >"$log" 2>&1; then
        fail "错误：$bare 缺少 venv 模块，自动安装 $package 没有成功（需要 root 或免密码的 sudo）。" \
            "请管理员执行：apt-get install $package    详情：$log"
    fi
    python=$(find_python "$can_venv")
    [ -n "$python" ] || fail "错误：已安装 $package，但 $bare 仍不能建立虚拟环境。详情：$log"
fi

# shellcheck disable=SC2086 # two words or none
pip_install() { .venv/bin/python -m pip --disable-pip-version-check install --no-input $sources "$@" >>"$log" 2>&1; }

echo "准备 Python 环境：$("$python" -V 2>&1)，$(grep -c '==' "$lock") 个锁定的软件包（首次约一分钟，详见 $log）……"
: >"$log"
if ! .venv/bin/python -c "$new_enough" 2>/dev/null || ! [ "$(cat .venv/.made-in 2>/dev/null)" = "$(pwd)" ]; then  # no mark: interrupted while it was made
    [ ! -e .venv ] || echo "重新建立 .venv：它没有建完，或者建在别的目录。"
    rm -rf .venv
    "$python" -m venv .venv >>"$log" 2>&1 || fail "错误：不能建立 .venv。详情：$log" "$(tail -n 5 "$log")"
fi
pwd >.venv/.made-in
rm -f .venv/.installed-*
pip_install --require-hashes -r "$lock" || fail \
    "错误：安装 Python 软件包没有成功（是否能访问软件包源？）。详情：$log，最后几行：" "$(tail -n 5 "$log")"
pip_install --no-deps --no-build-isolation --editable . || fail \
    "错误：安装 lianjian 命令没有成功。详情：$log，最后几行：" "$(tail -n 5 "$log")"
fingerprint "$lock" >".venv/.installed-$wanted"
