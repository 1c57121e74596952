#!/usr/bin/env bash
# Counts the words of many files, one file a task, and prints the most frequent ones.
#
#   wordcount.sh [FILE...]        needs procpool and jq in PATH
#
# Without a file it makes a hundred, in which the words are known.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

work=$(mktemp -d)
pool=wordcount-$$
procpool pool create "$pool" --workers 2 --python "$here/tasks.py" >/dev/null
trap 'procpool pool terminate "$pool" >/dev/null; rm -rf "$work"' EXIT

if [ $# -eq 0 ]; then
  for i in $(seq 100); do
    printf 'The pool counts; the worker counts.\nThe task number %d ends.\n' "$i" >"$work/$i.txt"
  done
  set -- "$work"/*.txt
fi

# Map: a file becomes {word: count}. Reduce: the counts of each word are added.
printf '%s\0' "$@" |
  procpool imap_unordered --null --text --pool "$pool" count_words |
  jq -rn '
    reduce (inputs | to_entries[]) as $word ({}; .[$word.key] += $word.value)
    | to_entries | sort_by([-.value, .key]) | .[:5][] | "\(.value) \(.key)"'

procpool pool close "$pool" >/dev/null
procpool pool join "$pool" >/dev/null
trap - EXIT
rm -rf "$work"
