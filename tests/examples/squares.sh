#!/usr/bin/env bash
# Squares in each of the ways to use a pool: one call, one call to ask about later, and
# a map whose values come all at once, one by one in order, or as they are ready.
#
#   squares.sh        needs procpool in PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

pool=squares-$$
procpool pool create "$pool" --workers 2 --python "$here/tasks.py" >/dev/null
trap 'procpool pool terminate "$pool" >/dev/null' EXIT

echo "apply: $(procpool apply --pool "$pool" square 7)"

handle=$(procpool apply --async --pool "$pool" square 8)
echo "apply --async: $(procpool get "$handle")"

echo "map: $(procpool map --pool "$pool" square ::: 1 2 3 4 5)"
echo "imap: $(seq 5 | procpool imap --pool "$pool" square | paste -s -d ' ')"
echo "imap_unordered, sorted: $(seq 5 | procpool imap_unordered --pool "$pool" square | sort -n | paste -s -d ' ')"

trap - EXIT
procpool pool close "$pool" >/dev/null
procpool pool join "$pool" >/dev/null
