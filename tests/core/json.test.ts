import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonError, readJson } from "../../src/core/json.ts";

const LIMITS = { maxDepth: 8, maxValues: 1000, maxMembers: 20 };
const LETTERS = Array.from('[]{}:,"\\ \n\u0001-+.0123eEtruefalsnu/b');
const WIDE = { maxDepth: 100, maxValues: 1e6, maxMembers: 1e6 };

/** The fault of a text: the path and the message. */
function fault(text: string): string {
  try {
    readJson(text, LIMITS);
  } catch (error) {
    expect(error).toBeInstanceOf(JsonError);
    return `${(error as JsonError).path}: ${(error as JsonError).message}`;
  }
  throw new Error(`${text} was read`);
}

describe("reading JSON", () => {
  it("gives what JSON.parse gives, but never -0", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 4 }), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
        if (spaced.includes('"__proto__"')) return;
        const parsed = JSON.parse(spaced) as unknown;
        expect(readJson(spaced, WIDE)).toEqual(withoutMinusZero(parsed));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses exactly what JSON.parse refuses, where no name is twice", () => {
    const letters = fc.string({
      unit: fc.constantFrom(...LETTERS),
      maxLength: 12,
    });
    fc.assert(
      fc.property(letters, (text) => {
        const parsed = attempt(() => JSON.parse(text) as unknown);
        const read = attempt(() => readJson(text, WIDE));
        // Numbers beyond doubles and lone surrogates are refused by this reader alone.
        if (read instanceof JsonError && read.path === "" && parsed instanceof SyntaxError) return;
        if (read instanceof JsonError) expect(read.message).toMatch(/twice|too large|half a character/);
        else expect(read).toEqual(withoutMinusZero(parsed));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['{"a":1,"a":1}', "a: stands twice in one object"],
    ['{"events":[{"kind":"x","kind":"y"}]}', "events.0.kind: stands twice in one object"],
    ['{"k":1,"\\u006b":2}', "k: stands twice in one object"],
    ['{"a":1e400}', "a: is a number too large to be kept"],
    [`{"a":${"9".repeat(400)}}`, "a: is a number too large to be kept"],
    ['["\\ud800"]', "0: has half a character: a lone surrogate escape"],
    ['{"__proto__":{}}', "__proto__: is not a member name that is taken here"],
    ["[".repeat(9), "0.0.0.0.0.0.0.0: is nested deeper than 8 levels"],
    [`[${"0,".repeat(1000)}0]`, "999: has more than 1000 values; split the request"],
    [`{"a":{${Array.from({ length: 21 }, (_, i) => `"${i}":0`).join()}}}`, "a: has more than 20 members"],
    ["", ": is empty"],
    [" \n", ": is empty"],
    ['{"a":1,}', ': is not valid JSON at line 1, column 8: expected no "," before "}"'],
    ['{\n "a" 1}', ': is not valid JSON at line 2, column 6: expected ":" after the member name'],
    ["[1", ': ends too early at line 1, column 3: expected "," or "]"'],
  ])("of %j says what is wrong and where", (text, expected) => expect(fault(text)).toBe(expected));

  it.each(["-0", "-0.0", "-0e9", "-1e-999"])("reads %s as 0", (text) => {
    expect(Object.is(readJson(text, LIMITS), 0)).toBe(true);
  });

  it("looks at no more than its limits, however long the text is", () => {
    let looked = 0;
    const deep: object = new String("[".repeat(1e6));
    const counted = new Proxy(deep, {
      get: (text, name) => {
        looked++;
        const value = Reflect.get(text, name, text) as unknown;
        return typeof value === "function" ? value.bind(text) : value;
      },
    }) as unknown as string;
    expect(() => readJson(counted, LIMITS)).toThrow("deeper than 8");
    expect(looked).toBeLessThan(100);
  });
});

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function withoutMinusZero(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMinusZero(member)]));
}
