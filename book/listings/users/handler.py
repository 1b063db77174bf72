"""The routes of the function `users` in short, in Python. The table is handed in: on Lambda a client of DynamoDB, in a test a dict."""

# ANCHOR: app
import json


def create(table, body, _):
    # 조건은 테이블이 본다. 읽고 나서 쓰면 그 사이에 남이 끼어든다.
    item = {"id": body["id"], "name": body["name"], "version": 1}
    return answer(201, item) if table.put_if_absent(item) else refusal(409, "id_in_use")


def read(table, _, key):
    item = table.get(key)
    return answer(200, item) if item else refusal(404, "user_not_found")


def replace(table, body, key):
    item = table.update_if_present(key, body["name"])
    return answer(200, item) if item else refusal(404, "user_not_found")


def delete(table, _, key):
    table.remove(key)
    return {"statusCode": 204}


ROUTES = {
    "POST /api/users": create,
    "GET /api/users/{id}": read,
    "PUT /api/users/{id}": replace,
    "DELETE /api/users/{id}": delete,
}


def app(table):
    def handler(event, context):
        route = ROUTES.get(event["routeKey"])
        if route is None:
            return refusal(404, "route_not_found")
        # 경로의 값은 글자다. 테이블의 키는 숫자다.
        key = (event.get("pathParameters") or {}).get("id")
        return route(table, json.loads(event.get("body") or "{}"), key and int(key))
    return handler


def answer(status, body):
    headers = {"content-type": "application/json"}
    # 객체가 아니라 문자열
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def refusal(status, code):
    return answer(status, {"error": {"code": code}})
# ANCHOR_END: app
