#!/usr/bin/env bash
# Generates proto/*_pb2.py and *_pb2.pyi from proto/*.proto.
#
#     tools/proto.sh            write them
#     tools/proto.sh --check    compare with what is committed; differences end with 1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python

generate() {
    "$python" -m grpc_tools.protoc -I src --python_out="$1" --pyi_out="$1" src/assay/proto/*.proto
}

if [[ ${1:-} != --check ]]; then
    generate src
    exit
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
generate "$fresh"
# Whole directories, so that a generated file whose .proto is gone is noticed as well.
mkdir "$fresh/committed"
cp proto/*_pb2.py proto/*_pb2.pyi "$fresh/committed"
if ! diff --recursive --brief "$fresh/committed" "$fresh/assay/proto"; then
    echo "the generated files differ from proto/*.proto: run 'make proto' and commit the result" >&2
    exit 1
fi
