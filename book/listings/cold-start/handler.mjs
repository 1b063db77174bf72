// The function `cold-start` in short, in Node.js. It needs no package.

// ANCHOR: outside
import { randomUUID } from 'node:crypto';

// 바깥: 환경마다 한 번
const environmentId = randomUUID();
let invocation = 0;
// ANCHOR_END: outside

// ANCHOR: prepare
const build = () => {
  const started = performance.now();
  const words = new Map();
  for (let n = 0; n < 200_000; n++) words.set(`word-${n}`, n);
  return { words, buildMs: performance.now() - started };
};

// 바깥에서 부르면 초기화 때, 안에서 부르면 첫 요청 때 만든다.
let index = process.env.PREPARE === 'init' ? build() : undefined;
const prepared = () => (index ??= build());
// ANCHOR_END: prepare

// ANCHOR: handler
// 안: 요청마다 한 번
export const handler = async (event) => {
  const started = performance.now();
  invocation += 1;
  const wait = event.queryStringParameters?.wait ?? '0';
  if (!/^[0-9]{1,3}$/.test(wait) || Number(wait) > 500) {
    const message = '`wait`는 0부터 500까지의 정수다.';
    return answer(400, { error: { code: 'parameter_invalid', message } });
  }
  const { words, buildMs } = prepared();
  await new Promise((done) => setTimeout(done, Number(wait)));
  return answer(200, {
    environmentId,
    invocation,
    cold: invocation === 1,
    handlerMs: performance.now() - started,
    index: { words: words.size, buildMs },
  });
};

const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'x-environment-id': environmentId },
  body: JSON.stringify(body),
});
// ANCHOR_END: handler
