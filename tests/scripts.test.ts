import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient, type Served } from "./api-client.ts";
import { type Exchange, parseScript } from "./scripts/script.ts";
import { scriptWorld, type Variables } from "./scripts/world.ts";
import { servedInProcess, servedOnSocket } from "./served-on-node.ts";

/** The runner of tests/scripts/*.txt. Their format is in tests/scripts/README.md. */

const FOLDER = resolve(import.meta.dirname, "scripts");
const SCRIPTS = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

interface Sent {
  method: string;
  path: string;
  headers: [string, string][];
  body: string | undefined;
}

interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

type Send = (sent: Sent) => Promise<Answer>;

describe.each(SCRIPTS)("%s", (file) => {
  const tests = parseScript(file, readFileSync(resolve(FOLDER, file), "utf8"));

  describe.each([
    { where: "app", start: servedInProcess, sender: throughApp },
    { where: "socket", start: servedOnSocket, sender: overSocket },
  ])("$where", ({ where, start, sender }) => {
    let served: Served;
    let send: Send;
    let world: Variables;
    beforeAll(async () => {
      served = await start();
      send = sender(served);
      world = await scriptWorld(apiClient(served));
    });
    afterAll(() => served.dispose());

    it.each(tests.filter(({ only }) => only === undefined || only === where))(
      "$name",
      async ({ exchanges }) => {
        expect(exchanges.length).toBeGreaterThan(0);
        const variables = { ...world };
        for (const exchange of exchanges) check(exchange, await send(sentBy(exchange, variables)), variables);
      },
    );
  });
});

function throughApp(served: Served): Send {
  return async ({ method, path, headers, body }) => {
    const init = { method, headers, redirect: "manual", ...(body === undefined ? {} : { body }) } as const;
    const response = await served.fetch(new Request(`http://localhost${path}`, init));
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
}

/** Node's own client, which sends headers as they are given and undoes no compression. */
function overSocket(served: Served): Send {
  const { url } = served as Served & { url: string };
  return ({ method, path, headers, body }) =>
    new Promise((answered, failed) => {
      const outgoing = request(url, { method, path, headers: Object.fromEntries(headers) }, (incoming) => {
        const parts: Buffer[] = [];
        incoming.on("data", (part: Buffer) => parts.push(part));
        incoming.once("error", failed);
        incoming.once("end", () =>
          answered({
            status: incoming.statusCode ?? 0,
            headers: headersOf(incoming.rawHeaders),
            body: Buffer.concat(parts).toString(),
          }),
        );
      });
      outgoing.once("error", failed);
      outgoing.end(body);
    });
}

function headersOf(raw: string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i]!, raw[i + 1]!);
  return headers;
}

function sentBy({ method, path, headers, body, place }: Exchange, variables: Variables): Sent {
  return {
    method,
    path: filled(path, variables, place),
    headers: headers.map(([name, value]) => [name, filled(value, variables, place)]),
    body: body.length === 0 ? undefined : filled(body.join("\n"), variables, place),
  };
}

/** Compares an answer with what the script says of it; sets the variables that its patterns name. */
function check(exchange: Exchange, answer: Answer, variables: Variables): void {
  const { place, method, path, status, present, absent, contains } = exchange;
  const at = `${place}: ${method} ${path}`;
  expect(`${answer.status}`, `${at} answered ${answer.body.slice(0, 500)}`).toBe(String(status));
  for (const [name, value] of present)
    compare(answer.headers.get(name), filled(value, variables, place), `${at}: ${name}`, variables, true);
  for (const name of absent) expect(answer.headers.get(name), `${at}: ${name}`).toBeNull();
  for (const text of contains)
    compare(answer.body, filled(text, variables, place), `${at}: the body`, variables, false);
}

function compare(
  found: string | null,
  expected: string,
  what: string,
  variables: Variables,
  exact: boolean,
): void {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/.exec(expected) ?? [];
  if (source !== undefined) {
    const match = new RegExp(source, flags).exec(found ?? "");
    expect(match, `${what} is ${found}, and must match ${expected}`).not.toBeNull();
    Object.assign(variables, match?.groups);
  } else if (expected === "(empty)") expect(found, what).toBe("");
  else if (exact) expect(found, what).toBe(expected);
  else expect(found, what).toContain(expected);
}

function filled(text: string, variables: Variables, place: string): string {
  return text.replace(/\{([a-z][A-Za-z]*)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new SyntaxError(`${place}: no variable is called ${name}`);
    return value;
  });
}
