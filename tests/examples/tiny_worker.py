#!/usr/bin/env python3
import json, sys

print('{"ready":{"functions":["shout"]}}', flush=True)
for line in sys.stdin:
    task = json.loads(line)
    try:
        answer = {"task": task["task"], "value": task["args"][0].upper() + "!"}
    except Exception as error:
        answer = {"task": task["task"], "error": {"code": type(error).__name__, "message": str(error)}}
    print(json.dumps(answer), flush=True)
