import { describe, expect, it } from "vitest";
import type { Value } from "../../src/store/binding.ts";
import { statementsOn } from "../../src/store/statement.ts";

/** Prepares a text on a driver that returns the values it is given, and keeps the SQL. */
function prepared(text: string) {
  const seen: { sql: string; ran: Value[] } = { sql: "", ran: [] };
  const prepare = statementsOn({
    prepare: (sql) => {
      seen.sql = sql;
      return {
        get: (...values) => values,
        all: (...values) => [values],
        run: (...values) => void (seen.ran = values),
      };
    },
  });
  return { seen, statement: prepare<Record<string, Value>, Value[]>(text) };
}

describe("a statement", () => {
  it("has a plain parameter with a unary plus for each name", () => {
    const { seen } = prepared("SELECT a FROM t WHERE (:b IS NULL OR b = :b) AND c < :c LIMIT :limit");
    expect(seen.sql).toBe("SELECT a FROM t WHERE (+? IS NULL OR b = +?) AND c < +? LIMIT +?");
  });

  it.each([
    [[]],
    [["a"]],
    [["b", "a"]],
    [["c", "a", "b"]],
    [["d", "b", "a", "b"]],
    [["e", "d", "c", "b", "a"]],
    [["f", "a", "f", "b", "c", "d", "e"]],
  ])("binds values in the order of the names %j, for get, all and run", (names) => {
    const values = { a: 1, b: "two", c: null, d: 4, e: Uint8Array.of(5), f: 6 };
    const inOrder = names.map((name) => values[name as keyof typeof values]);
    const { seen, statement } = prepared(`VALUES (${names.map((name) => `:${name}`).join(", ")})`);
    expect(statement.get(values)).toEqual(inOrder);
    expect(statement.all(values)).toEqual([inOrder]);
    statement.run(values);
    expect(seen.ran).toEqual(inOrder);
  });

  it.each(["SELECT :a", "SELECT :b, :a", "SELECT :b, :b, :b, :b, :a"])(
    "refuses to run without one of its values: %s",
    (text) => {
      const { statement } = prepared(text);
      expect(() => statement.get({ b: 1 })).toThrow(
        new TypeError("a statement has no value for :a; use null for none"),
      );
    },
  );
});
