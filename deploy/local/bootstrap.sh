#!/bin/sh
# Makes .venv with everything in requirements/dev.txt; does nothing when it is up to date.
# PYTHON=/path/to/python chooses the interpreter (3.11, 3.12 or 3.13).
set -eu

cd "$(dirname "$0")/../.."
requirements=requirements/dev.txt
stamp=.venv/.requirements
wanted="$(sha256sum "$requirements" | cut -d ' ' -f 1)"

up_to_date() {
    [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]
}

fail() {
    echo "$1" >&2
    exit 1
}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1
}

# Prints the first interpreter that fits.
find_python() {
    for candidate in ${PYTHON:-} python3.12 python3.13 python3.11 python3; do
        if fits "$candidate"; then
            command -v "$candidate"
            return
        fi
        [ "$candidate" != "${PYTHON:-}" ] || return 1
    done
    return 1
}

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

apt_install() {
    echo "Installing $* …"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -q update && apt-get -q install -y --no-install-recommends "$@"; } >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "apt-get could not install $*."
    }
}

choose_python() {
    python="$(find_python)" && return
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not Python 3.11, 3.12 or 3.13; please give another one."
    may_install || fail "Please install Python 3.11, 3.12 or 3.13 with its venv module, then run this again."
    apt_install python3 python3-venv
    python="$(find_python)" || fail "The system's Python is not 3.11, 3.12 or 3.13; please install one of these."
}

# Debian ships the interpreter without what a virtual environment needs.
ensure_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    may_install || fail "Please install $package (sudo apt-get install $package), then run this again."
    apt_install "$package"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$package did not bring venv for $python."
}

make_environment() {
    if ! fits .venv/bin/python; then
        choose_python
        ensure_venv_module
        echo "Creating .venv with $("$python" --version) …"
        "$python" -m venv --clear .venv
    fi
    echo "Installing $requirements …"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --requirement "$requirements" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "pip could not install $requirements."
    }
    echo "$wanted" >"$stamp"
}

up_to_date && exit 0

mkdir -p .local
log=.local/bootstrap.log
# Two of these at once would spoil each other's environment.
if command -v flock >/dev/null 2>&1; then
    exec 9>.local/bootstrap.lock
    flock 9
    up_to_date && exit 0
fi
make_environment
