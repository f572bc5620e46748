#!/bin/sh
# Write the lock files anew: every package that an image or CI installs, by version and hash.
#   requirements/compile.sh [CONSTRAINTS]
# Needs uv on the PATH. Without constraints everything is taken in its newest version. torch is left out, and
# with it what it alone needs: which of its builds fits is the machine's business, so it is installed first, by
# version (Dockerfile, Makefile).
set -eu
cd "$(dirname "$0")/.."
left_out=$(mktemp)
trap 'rm -f "$left_out"' EXIT
printf '%s\n' "torch; sys_platform == 'never'" "pagemill; sys_platform == 'never'" > "$left_out"

lock() {
  name=$1
  shift
  uv pip compile -q pyproject.toml "$@" --override "$left_out" --python-version 3.11.7 \
    --python-platform x86_64-manylinux_2_28 --generate-hashes --no-header --no-annotate \
    -o "requirements/$name.txt" ${constraints:+-c "$constraints"}
}

constraints=${1:-}
lock api --extra api --extra otel
lock worker --extra worker --extra otel
lock worker-gpu --extra worker --extra otel --extra vlm
lock check --extra local --extra vlm --extra train --extra otel --group test --group lint --group docs
