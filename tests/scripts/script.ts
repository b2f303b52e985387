/** One request of a script, and what its answer must have. Texts are as written: variables are not filled in yet. */
export interface Exchange {
  /** `file.txt:12`, for messages. */
  place: string;
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: string[];
  status: number;
  /** Headers that must be there: an exact value, or a pattern between slashes. */
  present: [name: string, value: string][];
  absent: string[];
  /** What the body must contain: a text, a pattern between slashes, or `(empty)`. */
  contains: string[];
}

/** A test of a script. */
export interface Test {
  name: string;
  /** Where it runs; everywhere if absent. */
  only?: "app" | "socket";
  exchanges: Exchange[];
}

const TITLE = /^== (.+?)(?: \((app|socket)\))?$/;
const REQUEST = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) (\S+)$/;
const STATUS = /^=> (\d{3})$/;
const HEADER = /^([A-Za-z-]+): (.*)$/;
const ABSENT = /^!([A-Za-z-]+)$/;

/**
 * Reads a script (README.md describes the format).
 * @throws SyntaxError that names the file and line of what is not understood
 */
export function parseScript(file: string, text: string): Test[] {
  const tests: Test[] = [];
  let exchange: Exchange | undefined;
  for (const [i, line] of text.split("\n").entries()) {
    const place = `${file}:${i + 1}`;
    if (line === "" || line.startsWith("#")) continue;
    const [, name, only] = TITLE.exec(line) ?? [];
    const [, method, path] = REQUEST.exec(line) ?? [];
    if (name !== undefined) {
      tests.push({ name, exchanges: [], ...(only === undefined ? {} : { only: only as "app" | "socket" }) });
      exchange = undefined;
    } else if (method !== undefined && path !== undefined) {
      exchange = { place, method, path, headers: [], body: [], status: 0, ...expectations() };
      const test = tests.at(-1);
      if (test === undefined) throw new SyntaxError(`${place}: a request must follow a line "== name"`);
      test.exchanges.push(exchange);
    } else if (exchange === undefined || !readInto(exchange, line))
      throw new SyntaxError(`${place}: not understood: ${line}`);
  }
  for (const { exchanges } of tests)
    for (const { place, status } of exchanges)
      if (status === 0) throw new SyntaxError(`${place}: the request has no line "=> status"`);
  return tests;
}

function expectations(): Pick<Exchange, "present" | "absent" | "contains"> {
  return { present: [], absent: [], contains: [] };
}

/** Takes a line into an exchange: before the status it belongs to the request, after it to the answer. */
function readInto(exchange: Exchange, line: string): boolean {
  const asks = exchange.status === 0;
  const [, status] = STATUS.exec(line) ?? [];
  const [, absent] = ABSENT.exec(line) ?? [];
  const [, name, value] = HEADER.exec(line) ?? [];
  if (asks && status !== undefined) exchange.status = Number(status);
  else if (asks && line.startsWith("> ")) exchange.body.push(line.slice(2));
  else if (!asks && line.startsWith("~ ")) exchange.contains.push(line.slice(2));
  else if (!asks && absent !== undefined) exchange.absent.push(absent);
  else if (name !== undefined && value !== undefined)
    (asks ? exchange.headers : exchange.present).push([name, value]);
  else return false;
  return true;
}
