import { expect, it } from "vitest";
import { progressBar } from "../../src/cli/output.ts";

it("a progress bar draws its beginning and its end, and erases itself", () => {
  const written: string[] = [];
  const bar = progressBar("reading", (text) => void written.push(text));
  for (let done = 1; done <= 1000; done++) bar.update(done, 1000);
  bar.end();
  expect(written[0]).toContain("reading ░");
  expect(written.at(-2)).toContain("100 % (1,000 of 1,000)");
  expect(written.at(-1)).toBe("\r\u001B[K");
});

it("a progress bar that was never drawn erases nothing", () => {
  const written: string[] = [];
  progressBar("reading", (text) => void written.push(text)).end();
  expect(written).toEqual([]);
});
