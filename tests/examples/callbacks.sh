#!/usr/bin/env bash
# A function that fails for every third number, with a callback for what succeeds and
# another one for what does not. The jobs are kept by the daemon: this script only
# submits them, and waits for them to show what the callbacks wrote.
#
#   callbacks.sh [NUMBERS]        needs procpool and jq in PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
numbers=${1:-9}

work=$(mktemp -d)
pool=callbacks-$$
procpool pool create "$pool" --workers 2 --python "$here/tasks.py" >/dev/null
trap 'procpool pool terminate "$pool" >/dev/null || true; rm -rf "$work"' EXIT

export GOOD=$work/good BAD=$work/bad
: >"$GOOD"
: >"$BAD"
jobs=()
for n in $(seq "$numbers"); do
  jobs+=("$(procpool apply --async --pool "$pool" \
    --callback 'jq -c .value >>"$GOOD"' \
    --error-callback 'jq -r "[.error.code, .error.message] | join(\": \")" >>"$BAD"' \
    fail_every_third "$n")")
done
procpool wait "${jobs[@]}" >/dev/null || true # exit status 1: not all of them succeeded

# A job has not ended before its callbacks have run, so everything is there now.
echo "succeeded: $(sort -n "$GOOD" | paste -s -d ' ')"
sort -V "$BAD" | sed 's/^/failed: /'

procpool pool close "$pool" >/dev/null
procpool pool join "$pool" >/dev/null
