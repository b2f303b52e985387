import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ApiDocument, type Place, placesOf } from "../../src/http/api/documented.ts";
import { answerOf } from "../../src/http/api/examples/answers.ts";
import type { Example } from "../../src/http/api/examples/example.ts";
import { type ExampleRequest, requestOf } from "../../src/http/api/examples/request.ts";
import { EXAMPLES } from "../../src/http/api/examples/story.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { expectStatus } from "./actors.ts";
import { type Sent, Walk } from "./story.ts";

/** The largest answer to a request that is refused. */
const MAX_ANSWER_LENGTH = 64 * 1024;
const ROUNDS = 300;

let h: Harness;
let places: Map<string, Place>;
let walk: Walk;
/** What happens to a request before it is sent. */
let mangle: (request: ExampleRequest) => ExampleRequest = (request) => request;
beforeAll(async () => {
  h = makeHarness();
  const document = expectStatus(await h.call("GET", "/openapi.json"), 200) as ApiDocument;
  places = new Map(placesOf(document).map((place) => [place.operation.operationId, place]));
  walk = new Walk(h, places, send);
  await walk.all();
}, 60_000);
afterAll(() => h.dispose());

async function send(given: ExampleRequest, key: string | undefined): Promise<Sent> {
  const { target, method, headers, body } = mangle(given);
  const authorization = key === undefined ? {} : { Authorization: `Bearer ${key}` };
  const init = { method, headers: { ...headers, ...authorization }, ...(body === undefined ? {} : { body }) };
  const response = await h.app.request(target, init);
  const mediaType = (response.headers.get("Content-Type") ?? "").split(";")[0] as string;
  return { status: response.status, mediaType, text: await response.text() };
}

/** Values that break naive readers, as JSON text. */
const VALUES = [
  "-0",
  "-0.0",
  "1e400",
  "-1e-400",
  "9007199254740993",
  "1.5",
  "null",
  "true",
  "{}",
  "[]",
  "[[]]",
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\u202e"',
  '"\u200b"',
  '"__proto__"',
  '"constructor"',
  '{"__proto__":{}}',
  '{"constructor":{}}',
  '{"a":1,"a":2}',
  '"9999-12-31T23:59:59Z"',
  '"0001-01-01T00:00:00+14:00"',
  '"-0.0"',
  `"${"x".repeat(5000)}"`,
  `"${"e\u0301\u0316".repeat(300)}"`,
  `"${"\u0301".repeat(3000)}"`,
  `[${'{"u":1},'.repeat(999)}{"u":1}]`,
  `${"[".repeat(40)}${"]".repeat(40)}`,
];

const LETTERS = Array.from('{}[]",:\\-0e\u0000\u202e\ud800');

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const pick = (text: string, at: number): number => Math.floor(at * (text.length + 1));

/** Replaces one value in the text of a JSON body. */
const replaced = fc.tuple(place, fc.constantFrom(...VALUES)).map(([at, value]) => (text: string): string => {
  const found = [...text.matchAll(/(?<=[:[,])(?:"(?:[^"\\]|\\.)*"|[\w.+-]+|\[\]|\{\})(?=[,\]}])/g)];
  const one = found[Math.floor(at * found.length)];
  if (one === undefined) return value;
  return text.slice(0, one.index) + value + text.slice(one.index + one[0].length);
});
/** Adds a member with a hostile name or value to one object. */
const added = fc
  .tuple(
    place,
    fc.constantFrom("kind", "at", "subjects", "toString", "", "\\ud800", "x".repeat(3000)),
    fc.constantFrom(...VALUES),
  )
  .map(([at, name, value]) => (text: string): string => {
    const found = [...text.matchAll(/\{(?=")/g)];
    const after = (found[Math.floor(at * found.length)]?.index ?? 0) + 1;
    return `${text.slice(0, after)}"${name}":${value},${text.slice(after)}`;
  });
const cut = place.map(
  (at) =>
    (text: string): string =>
      text.slice(0, pick(text, at)),
);
const inserted = fc.tuple(place, fc.constantFrom(...LETTERS, "null")).map(
  ([at, letter]) =>
    (text: string): string =>
      text.slice(0, pick(text, at)) + letter + text.slice(pick(text, at)),
);
const repeated = fc.integer({ min: 2, max: 300 }).map(
  (times) =>
    (text: string): string =>
      text.replace(/\[(\{.*\})\]/s, (_, items: string) => `[${Array<string>(times).fill(items).join()}]`),
);
const mangling = fc.oneof(
  { weight: 5, arbitrary: replaced },
  { weight: 2, arbitrary: added },
  { weight: 1, arbitrary: cut },
  { weight: 1, arbitrary: inserted },
  { weight: 1, arbitrary: repeated },
);

const inQuery = fc.constantFrom(
  "-0",
  "",
  "%00",
  "%ff",
  "1e400",
  "%E2%80%AE",
  "9".repeat(400),
  "__proto__",
  "%F0%9F%98%80",
);

const shown = ({ method, target, body }: ExampleRequest): string =>
  `${method} ${target} ${body?.slice(0, 300) ?? ""}`;

/** Sends one example, mangled, and holds the answer to its bounds. */
async function holds(example: Example, change: (request: ExampleRequest) => ExampleRequest): Promise<void> {
  let sent = "";
  mangle = (request) => {
    const changed = change(request);
    sent = shown(changed);
    return changed;
  };
  const request = requestOf(example, places.get(example.operation) as Place, answerOf);
  const { "Idempotency-Key": _, ...headers } = request.headers;
  const { status, text } = await walk.sendReal({ ...request, headers }, example);
  expect(`${status} to ${sent}`).toMatch(/^[234]/);
  if (status >= 400)
    expect(`${text.length}`, sent).toSatisfy((length) => Number(length) <= MAX_ANSWER_LENGTH);
}

const isAskable = ({ status, body }: Example): boolean => status < 400 && body !== undefined;
const isReadable = ({ status, operation }: Example): boolean =>
  status < 400 && (places.get(operation) as Place).method === "GET";

it("a mangled body of any call is answered without a fault, in at most 64 kB", async () => {
  const byOperation = Map.groupBy(EXAMPLES.filter(isAskable), ({ operation }) => operation);
  expect(byOperation.size).toBeGreaterThan(15);
  const ofOneCall = fc
    .constantFrom(...byOperation.values())
    .chain((examples) => fc.constantFrom(...examples));
  const one = fc.tuple(ofOneCall, fc.array(mangling, { minLength: 1, maxLength: 3 }));
  await fc.assert(
    fc.asyncProperty(one, ([example, changes]) =>
      holds(example, (request) => ({
        ...request,
        body: changes.reduce((text, change) => change(text), request.body as string),
      })),
    ),
    { numRuns: ROUNDS },
  );
}, 120_000);

it("a mangled address or query of any call is answered without a fault, in at most 64 kB", async () => {
  const reads = EXAMPLES.filter(isReadable);
  expect(reads.length).toBeGreaterThan(15);
  const one = fc.tuple(
    fc.constantFrom(...reads),
    inQuery,
    place,
    fc.constantFrom(
      "first",
      "last",
      "limit",
      "cursor",
      "status",
      "organisation",
      "gtin",
      "startAt",
      "widthMm",
      "caption",
      "name",
    ),
  );
  await fc.assert(
    fc.asyncProperty(one, ([example, value, at, name]) =>
      holds(example, (request) => {
        if (at < 0.5) {
          const joint = request.target.includes("?") ? "&" : "?";
          return { ...request, target: `${request.target}${joint}${name}=${value}` };
        }
        const steps = request.target.split("/");
        steps[2 + Math.floor(at * (steps.length - 2))] = value;
        return { ...request, target: steps.join("/") };
      }),
    ),
    { numRuns: 500 },
  );
}, 60_000);
