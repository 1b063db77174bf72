// The routes of the function `users` in short, in Node.js. The table is handed in: on Lambda a client of DynamoDB, in a test a Map.

// ANCHOR: app
const routes = {
  'POST /api/users': async (table, { id, name }) => {
    // 조건은 테이블이 본다. 읽고 나서 쓰면 그 사이에 남이 끼어든다.
    const item = { id, name, version: 1 };
    return (await table.putIfAbsent(item)) ? answer(201, item) : refusal(409, 'id_in_use');
  },
  'GET /api/users/{id}': async (table, _, id) => {
    const item = await table.get(id);
    return item ? answer(200, item) : refusal(404, 'user_not_found');
  },
  'PUT /api/users/{id}': async (table, { name }, id) => {
    const item = await table.updateIfPresent(id, name);
    return item ? answer(200, item) : refusal(404, 'user_not_found');
  },
  'DELETE /api/users/{id}': async (table, _, id) => {
    await table.remove(id);
    return { statusCode: 204 };
  },
};

export const app = (table) => async ({ routeKey, pathParameters, body }) => {
  const route = routes[routeKey];
  if (!route) return refusal(404, 'route_not_found');
  // 경로의 값은 글자다. 테이블의 키는 숫자다.
  return route(table, JSON.parse(body ?? '{}'), Number(pathParameters?.id));
};

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body), // 객체가 아니라 문자열
});
const refusal = (statusCode, code) => answer(statusCode, { error: { code } });
// ANCHOR_END: app
