import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { forms, listOf, mapOf, MOST_PROBLEMS } from "../../src/http/api/bounded.ts";
import { EventsBody, MAX_CODES, MAX_SUBJECTS, SubjectSchema } from "../../src/http/api/event-schema.ts";
import { fieldProblems } from "../../src/http/api/field-problems.ts";

/** A text that refuses everything, and counts how often it was asked. */
function refusing() {
  const calls = { count: 0 };
  const schema = z.string().refine(() => {
    calls.count++;
    return false;
  }, "is wrong");
  return { schema, calls };
}

const wrongTexts = (count: number): string[] => Array<string>(count).fill("x");

describe("a list", () => {
  it("that is too long is refused without a look at its elements", () => {
    const { schema, calls } = refusing();
    const result = listOf(schema, 100).safeParse(wrongTexts(1_000_000));
    expect(result.error?.issues.map(({ code }) => code)).toEqual(["too_big"]);
    expect(calls.count).toBe(0);
  });

  it("stops at the first 20 problems", () => {
    const { schema, calls } = refusing();
    expect(listOf(schema, 1_000_000).safeParse(wrongTexts(1_000_000)).error?.issues).toHaveLength(
      MOST_PROBLEMS,
    );
    expect(calls.count).toBe(MOST_PROBLEMS);
  });

  it("of lists stops as a whole", () => {
    const { schema, calls } = refusing();
    const inner = z.strictObject({ texts: listOf(schema, 900) });
    const given = Array.from({ length: 1000 }, () => ({ texts: wrongTexts(900) }));
    expect(listOf(inner, 1000).safeParse(given).success).toBe(false);
    expect(calls.count).toBe(MOST_PROBLEMS);
  });

  it("keeps its limits after it is documented, and reads what is right", () => {
    const { schema, calls } = refusing();
    const documented = listOf(schema, 3, 1).openapi({ description: "texts" });
    expect(documented.optional().safeParse(wrongTexts(4)).success).toBe(false);
    expect(documented.safeParse([]).error?.issues[0]?.code).toBe("too_small");
    expect(documented.safeParse("x").error?.issues[0]?.code).toBe("invalid_type");
    expect(calls.count).toBe(0);
    expect(listOf(z.string().trim(), 3).parse([" a", "b "])).toEqual(["a", "b"]);
  });
});

describe("a map", () => {
  it("with too many members is refused without a look at them", () => {
    const { schema, calls } = refusing();
    const many = Object.fromEntries(wrongTexts(100_000).map((text, i) => [`a${i}`, text]));
    expect(mapOf(z.string(), schema, 50).safeParse(many).error?.issues).toHaveLength(1);
    expect(calls.count).toBe(0);
  });
});

describe("one of several forms", () => {
  const shapes = forms([
    z.strictObject({ batch: z.string(), first: z.int(), last: z.int() }),
    z.strictObject({ batch: z.string() }),
    z.strictObject({ unit: z.string() }),
  ]);

  it.each([
    [{ batch: "b" }, []],
    [{ batch: "b", first: 0, last: 1 }, []],
    [{ unit: "u" }, []],
    [{ batch: "b", first: 0 }, ["last: is missing"]],
    [{ batch: "b", first: "0", last: 1 }, ["first: is text"]],
    [{ batch: "b", from: 0, to: 1 }, ["from: unknown field", "to: unknown field"]],
    [
      { units: "u" },
      [
        "form: has none of the members of its forms: {batch, first, last}, {batch} or {unit}",
        "units: unknown field; did you mean `unit`?",
      ],
    ],
    [{}, ["form: has none of the members of its forms: {batch, first, last}, {batch} or {unit}"]],
    ["CODE", ["form: is text"]],
    [null, ["form: is null"]],
    [[], ["form: is a list"]],
  ])("%j is judged as the form that was meant: %j", (given, expected) => {
    const { error } = shapes.safeParse(given);
    const found = error ? fieldProblems(error, { schema: shapes, target: "form", above: [] }) : [];
    expect(new Set(found.map(({ field, problem }) => `${field}: ${problem}`))).toEqual(new Set(expected));
  });

  it("an unknown member is answered with the forms", () => {
    const { error } = shapes.safeParse({ batch: "b", from: 0 });
    const found = error ? fieldProblems(error, { schema: shapes, target: "form", above: [] }) : [];
    expect(found[0]?.expected).toBe("the members of one form: {batch, first, last}, {batch} or {unit}");
  });

  it("judges one form for each of many subjects, and no more than 20 wrong ones", () => {
    const { schema, calls } = refusing();
    const counted = forms([z.strictObject({ a: schema }), z.strictObject({ b: schema })]);
    const given = Array.from({ length: 90_000 }, () => ({ b: "x" }));
    expect(listOf(counted, 90_000).safeParse(given).success).toBe(false);
    expect(calls.count).toBe(MOST_PROBLEMS);
  });
});

const at = "2026-11-01T00:00:00Z";
const event = (subjects: readonly unknown[]) => ({ kind: "storing", at, subjects });
const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const batches = (count: number) => many(count, () => ({ batch: "bat_x" }));
const codes = (count: number) => ({ codes: many(count, () => "45VF-V6GS-11R1-9J3B") });
const message = (events: readonly unknown[]): string | undefined =>
  EventsBody.safeParse({ events }).error?.issues[0]?.message;

describe("the events of a call", () => {
  it("name a bounded number of subjects in all", () => {
    const thousands = Array.from({ length: MAX_SUBJECTS / 1000 }, () => event(batches(1000)));
    expect(message(thousands)).toBeUndefined();
    expect(message([...thousands, event(batches(1))])).toMatch(
      "name 10001 subjects in all, expected at most 10000",
    );
  });

  it("list a bounded number of codes in all, outputs included", () => {
    const subjects = Array.from({ length: 4 }, () => codes(MAX_CODES / 4));
    expect(message([event(subjects)])).toBeUndefined();
    expect(message([{ ...event(subjects), outputs: [codes(1)] }])).toMatch("list 10001 codes in all");
  });

  it("are counted only where they were read", () => {
    const events = many(40_000, () => ({ kind: "x" }));
    expect(EventsBody.safeParse({ events }).error?.issues.map(({ code }) => code)).toEqual(["too_big"]);
    expect(message([{ kind: "storing", at }])).toMatch("received undefined");
  });

  it("have subjects of one form each", () => {
    expect(SubjectSchema.parse({ batch: " bat_x ", first: 0, last: 3 })).toEqual({
      batch: "bat_x",
      first: 0,
      last: 3,
    });
  });
});
