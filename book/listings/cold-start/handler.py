"""The function `cold-start` in short, in Python. It needs no package."""

# ANCHOR: outside
import json
import os
import re
import time
import uuid

# 바깥: 환경마다 한 번
environment_id = str(uuid.uuid4())
invocation = 0
# ANCHOR_END: outside


# ANCHOR: prepare
def build():
    started = time.perf_counter()
    words = {f"word-{n}": n for n in range(200_000)}
    return words, (time.perf_counter() - started) * 1000


# 바깥에서 부르면 초기화 때, 안에서 부르면 첫 요청 때 만든다.
index = build() if os.environ.get("PREPARE") == "init" else None


def prepared():
    global index
    index = index or build()
    return index
# ANCHOR_END: prepare


# ANCHOR: handler
# 안: 요청마다 한 번
def handler(event, context):
    global invocation
    started = time.perf_counter()
    invocation += 1
    wait = (event.get("queryStringParameters") or {}).get("wait", "0")
    if not re.fullmatch(r"[0-9]{1,3}", wait) or int(wait) > 500:
        message = "`wait`는 0부터 500까지의 정수다."
        return answer(400, {"error": {"code": "parameter_invalid", "message": message}})
    words, build_ms = prepared()
    time.sleep(int(wait) / 1000)
    return answer(200, {
        "environmentId": environment_id,
        "invocation": invocation,
        "cold": invocation == 1,
        "handlerMs": (time.perf_counter() - started) * 1000,
        "index": {"words": len(words), "buildMs": build_ms},
    })


def answer(status, body):
    headers = {"content-type": "application/json", "x-environment-id": environment_id}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
# ANCHOR_END: handler
