#!/usr/bin/env bash
# Counts the primes below a limit: the range is cut into pieces, each of them is a task,
# and the counts are added up.
#
#   primes.sh [LIMIT [PIECES]]        needs procpool and jq in PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
limit=${1:-100000}
pieces=${2:-50}

pool=primes-$$
procpool pool create "$pool" --workers "$(nproc)" --python "$here/tasks.py" >/dev/null
trap 'procpool pool terminate "$pool" >/dev/null' EXIT

# One line a task: the arguments [low,high] of count_primes.
ranges() {
  local i
  for ((i = 0; i < pieces; i++)); do
    echo "[$((limit * i / pieces)),$((limit * (i + 1) / pieces))]"
  done
}

count=$(ranges | procpool starmap --pool "$pool" count_primes | jq add)
echo "$count primes below $limit"

# What is known: pi(10^n).
case $limit in
  1000) known=168 ;;
  10000) known=1229 ;;
  100000) known=9592 ;;
  1000000) known=78498 ;;
  *) known=$count ;;
esac
if [ "$count" != "$known" ]; then
  echo "wrong: there are $known" >&2
  exit 1
fi

trap - EXIT
procpool pool close "$pool" >/dev/null
procpool pool join "$pool" >/dev/null
