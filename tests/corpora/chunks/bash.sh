#!/usr/bin/env bash
# Keeps connections open.
set -euo pipefail

LIMIT=8
export NAME="pool"

# Takes one.
take() {
  local name="$1"
  echo "$name"
}

function close_all {
  for name in a b; do
    take "$name"
  done
}

case "${1:-}" in
  take) take x ;;
  *) close_all ;;
esac
