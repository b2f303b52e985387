import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PageTable } from "../../src/scan/page-table.ts";

// Close together, across the ends of stretches, and as far apart as epochs are.
const number = fc.tuple(fc.constantFrom(0, 65_530, 2 ** 31, 2 ** 39 - 20), fc.nat(12)).map(([a, b]) => a + b);
const step = fc.record({ number, put: fc.boolean() });

it("is a map whose pages put in last come last", () =>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(number), (steps, asked) => {
      const table = new PageTable<string>();
      const model = new Map<number, string>();
      steps.forEach(({ number: at, put }, n) => {
        model.delete(at);
        if (put) model.set(at, `page ${n}`);
        if (put) table.set(at, `page ${n}`);
        else table.delete(at);
      });
      expect([...table.keys()]).toEqual([...model.keys()]);
      expect([...table.values()]).toEqual([...model.values()]);
      expect(table.size).toBe(model.size);
      for (const at of [...asked, ...steps.map((one) => one.number)])
        expect(table.get(at)).toBe(model.get(at));
    }),
  ));
