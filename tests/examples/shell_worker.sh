#!/bin/sh
echo '{"ready":{"functions":["greet"]}}'
while read -r message; do
  printf '%s' "$message" | jq -c '{task: .task, value: ("hello " + .args[0])}'
done
