import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { paced } from "../src/paced-requests.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("requests that come together", () => {
  it("are begun in the order in which they came, a few in each turn, but not for those who are gone", async () => {
    const begun: unknown[] = [];
    const listener = paced((request) => void begun.push(request));
    const come = (n: number, destroyed = false): void =>
      listener(
        n as unknown as IncomingMessage,
        { destroyed } as unknown as ServerResponse & { req: IncomingMessage },
      );
    for (let n = 0; n < 40; n++) come(n, n === 3);
    expect(begun).toEqual([]);
    const turns: number[] = [];
    while (begun.length < 39 && turns.length < 10) {
      await turn();
      turns.push(begun.length);
    }
    expect(turns).toEqual([15, 31, 39]);
    expect(begun).toEqual(Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 3));
    come(40);
    await turn();
    expect(begun.at(-1)).toBe(40);
  });
});
