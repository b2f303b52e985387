import { spawn, spawnSync } from "node:child_process";
import { serve } from "@hono/node-server";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPORTABLE } from "../../src/core/custody/vocabulary.ts";
import type { ApiDocument, Place } from "../../src/http/api/documented.ts";
import { placesOf } from "../../src/http/api/documented.ts";
import { answerOf, hasAnswer } from "../../src/http/api/examples/answers.ts";
import type { Example } from "../../src/http/api/examples/example.ts";
import { ALL_KINDS } from "../../src/http/api/examples/kinds.ts";
import { bodyOf, type ExampleRequest, requestOf } from "../../src/http/api/examples/request.ts";
import { EXAMPLES, exampleNamed, STORY } from "../../src/http/api/examples/story.ts";
import { curlOf } from "../../src/http/api/reference/curl.ts";
import { needsOf } from "../../src/http/api/reference/kinds-section.ts";
import { PROBLEM_TYPES } from "../../src/services/problem.ts";
import { type Harness, makeHarness } from "../harness.ts";
import { Conformance, type Described } from "../openapi.ts";
import { expectStatus } from "./actors.ts";
import { type Sent, Walk } from "./story.ts";

const ANSWERS = "../../src/http/api/examples/answers.json";
const ALL: readonly Example[] = STORY.flatMap(({ examples }) => examples);

let h: Harness;
let document: ApiDocument;
let places: Map<string, Place>;
let walk: Walk;
beforeAll(async () => {
  h = makeHarness();
  document = expectStatus(await h.call("GET", "/openapi.json"), 200);
  places = new Map(placesOf(document).map((place) => [place.operation.operationId, place]));
  walk = new Walk(h, places, inProcess(h));
});
afterAll(() => h.dispose());

/** Sends a request without a socket. */
function inProcess({ app }: Harness) {
  return async (request: ExampleRequest, key: string | undefined): Promise<Sent> => {
    const headers = { ...request.headers, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) };
    const { method, body } = request;
    const response = await app.request(request.target, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const mediaType = (response.headers.get("Content-Type") ?? "").split(";")[0] as string;
    return { status: response.status, mediaType, text: await response.text() };
  };
}

describe("the examples of the reference", () => {
  it("have names that are unique", () => {
    const names = ALL.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][A-Za-z]*$/.test(name))).toEqual([]);
    expect(EXAMPLES.map(({ name }) => name)).toEqual(names);
  });

  // After a change of the API or of an example: `npx vitest run tests/http/examples.test.ts -u` writes the answers.
  it("are answered by a fresh service as the reference shows", async () => {
    await walk.all();
    const answers = Object.fromEntries(walk.answers);
    await expect(`${JSON.stringify(answers, null, 1)}\n`).toMatchFileSnapshot(ANSWERS);
  });

  it.runIf(hasCurl())(
    "can be pasted: every command sends its request",
    async () => {
      const fresh = makeHarness();
      const server = serve({ fetch: fresh.app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
      await new Promise((listening) => server.once("listening", listening));
      const { port } = server.address() as AddressInfo;
      const pasted = new Walk(fresh, places, (request, key) => byCurl(request, key, port));
      await pasted.all();
      server.close();
      await fresh.dispose();
      for (const { name } of ALL) expect(pasted.answers.get(name), name).toEqual(answerOf(name));
    },
    180_000,
  );
});

function hasCurl(): boolean {
  const has = spawnSync("curl", ["--version"]).status === 0;
  if (!has) console.log("skipped: the examples' commands (curl not installed)");
  return has;
}

/** Runs the command that the reference shows. */
async function byCurl(request: ExampleRequest, key: string | undefined, port: number): Promise<Sent> {
  const command = `${curlOf(request)} -w '\\n%{http_code} %{content_type}'`;
  const env: Record<string, string> = { PATH: process.env["PATH"] ?? "", S: `http://127.0.0.1:${port}` };
  if (request.keyVariable !== undefined) env[request.keyVariable] = key as string;
  const child = spawn("bash", ["-euc", command], { env });
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  await new Promise((ended) => child.once("close", ended));
  const out = Buffer.concat(parts).toString();
  const end = out.lastIndexOf("\n");
  const [, status, mediaType = ""] = /^(\d{3}) ([^;]*)/.exec(out.slice(end + 1)) ?? [];
  return { status: Number(status), mediaType, text: out.slice(0, end) };
}

describe("the OpenAPI document's examples", () => {
  it("are there for every operation: its body and its answer", () => {
    const missing = [...places.values()].flatMap(({ operation: { operationId, requestBody, responses } }) => {
      const bodies = Object.values(requestBody?.content ?? {});
      const answers = Object.entries(responses)
        .filter(([status]) => /^2\d\d$/.test(status))
        .map(([, { content }]) => Object.values(content ?? {}));
      return [bodies, ...answers].flatMap((content, i) =>
        (i === 0 && requestBody === undefined) ||
        content.some(({ examples = {} }) => Object.keys(examples).length > 0)
          ? []
          : [`${operationId}: ${i === 0 ? "body" : "answer"}`],
      );
    });
    expect(missing).toEqual([]);
    expect(ALL.filter(({ name }) => !hasAnswer(name))).toEqual([]);
  });

  it("give a value to every parameter", () => {
    const missing = [...places.values()].flatMap(({ operation: { operationId, parameters = [] } }) =>
      parameters
        .filter(({ example, in: where, name }) => example === undefined && !isPaging(where, name))
        .map(({ name }) => `${operationId}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it("fit the schemas of requests and answers", () => {
    const conformance = new Conformance(document as unknown as Described);
    for (const example of ALL) {
      const { method, path } = places.get(example.operation) as Place;
      const { mediaType, body } = answerOf(example.name);
      const headers = new Headers({ "Content-Type": mediaType });
      const answer = { status: example.status, headers, json: body };
      const target = `/v1${path.replace(/\{[^}]+\}/g, "x")}`;
      if (body !== undefined)
        expect(conformance.problemsWith(method, target, answer), example.name).toEqual([]);
      if (example.body === undefined) continue;
      const sent = conformance.problemsWithRequest(method, target, bodyOf(example, answerOf));
      expect(sent?.length === 0, `${example.name}: ${String(sent)}`).toBe(
        example.status !== 400 || isOfRules(example),
      );
    }
  });

  it("show every problem that a caller can cause by one request", () => {
    const shown = new Set(
      EXAMPLES.map(({ name }) => (answerOf(name).body as { type?: string } | undefined)?.type),
    );
    // These need a flood, a fault, damaged data, a very large body, or a method that no operation has.
    const others = ["rate_limited", "unavailable", "damaged", "internal", "too_large", "method_not_allowed"];
    for (const type of PROBLEM_TYPES)
      expect(shown.has(`/problems/${type}`), type).toBe(!others.includes(type));
  });
});

/** The first page has no cursor, and pages have a size of their own where none is asked for. */
function isPaging(where: string, name: string): boolean {
  return where === "query" && (name === "cursor" || name === "limit");
}

/** Refused by a rule that no schema has. */
function isOfRules({ name }: Example): boolean {
  return name === "noSuchPin";
}

describe("the kinds of events", () => {
  it("each have an example", () => {
    expect(ALL_KINDS.map(({ kind }) => kind).sort()).toEqual([...REPORTABLE].sort());
  });

  it("need what their examples have besides `kind`, `at` and `subjects`", async () => {
    for (const one of ALL_KINDS)
      for (const name of needsOf(one)) {
        const { [name]: _, ...rest } = one.event as Record<string, unknown>;
        const example = exampleNamed(one.kind);
        const without = { ...example, body: { events: [{ kind: one.kind, ...rest }] } };
        const request = requestOf(without, places.get("prepareEvents") as Place, answerOf);
        const { status, text } = await walk.sendReal(request, example);
        const { errors } = JSON.parse(text) as { errors?: { field: string }[] };
        expect([status, errors?.[0]?.field]).toEqual([400, `events.0.${name}`]);
      }
  });
});
