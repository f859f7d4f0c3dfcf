#!/usr/bin/env bash
# Builds a Go program from one of the modules beside this file; its go.mod and go.sum fix every version.
#
#     tools/build.sh MODULE_DIR PACKAGE OUTPUT
set -euo pipefail
module=$1 package=$2 output=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

echo "building $output from $module (the first time this takes a minute or two)"
mkdir -p "$root/$(dirname "$output")"
# CGO off: the result needs no C compiler and no shared library.
CGO_ENABLED=0 "$root/tools/go.sh" build -C "$root/$module" -o "$root/$output" "$package"
