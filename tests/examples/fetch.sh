#!/usr/bin/env bash
# Fetches many pages from a web server of its own, and appends each result to a file as
# it comes, by a callback that the daemon runs.
#
#   fetch.sh [PAGES]        needs procpool, jq and python3 in PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pages=${1:-40}

work=$(mktemp -d)
pool=fetch-$$
server=
clean_up() {
  procpool pool terminate "$pool" >/dev/null || true
  if [ -n "$server" ]; then
    kill "$server"
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

procpool pool create "$pool" --workers 4 --python "$here/tasks.py" >/dev/null

# The server takes a free port, and says which in its first line.
mkdir "$work/site"
for i in $(seq "$pages"); do
  printf '<p>page %03d</p>\n' "$i" >"$work/site/$i.html"
done
mkfifo "$work/said"
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/site" >"$work/said" 2>/dev/null &
server=$!
read -r line <"$work/said"
[[ $line =~ port\ ([0-9]+) ]]
site=http://127.0.0.1:${BASH_REMATCH[1]}

export RESULTS=$work/results
: >"$RESULTS"
{
  seq -f "$site/%.0f.html" "$pages"
  echo "$site/missing.html"
} | procpool map --pool "$pool" --each 'jq -c .value >>"$RESULTS"' fetch >"$work/values"

# A job has not ended before its callbacks have run, so everything is there now.
echo "the map: $(jq -r '"\(map(select(.[1] == 200)) | length) pages, \(map(select(.[1] == 200)[2]) | add) bytes, \(map(select(.[1] == 404)) | length) missing"' "$work/values")"
echo "the callbacks: $(jq -rs '"\(map(select(.[1] == 200)) | length) pages, \(map(select(.[1] == 200)[2]) | add) bytes, \(map(select(.[1] == 404)) | length) missing"' "$RESULTS")"

procpool pool close "$pool" >/dev/null
procpool pool join "$pool" >/dev/null
