import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { paced } from "../src/paced-requests.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function send(listener: RequestListener, n: number, destroyed = false): void {
  listener(
    n as unknown as IncomingMessage,
    { destroyed } as unknown as ServerResponse & { req: IncomingMessage },
  );
}

describe("requests that come together", () => {
  it("are begun in the order in which they came, a few in each turn, but not for those who are gone", async () => {
    const begun: unknown[] = [];
    const listener = paced(
      (request) => void begun.push(request),
      () => undefined,
    );
    for (let n = 0; n < 20; n++) send(listener, n, n === 3);
    expect(begun).toEqual([]);
    const turns: number[] = [];
    while (begun.length < 19 && turns.length < 10) {
      await turn();
      turns.push(begun.length);
    }
    expect(turns).toEqual([7, 15, 19]);
    expect(begun).toEqual(Array.from({ length: 20 }, (_, n) => n).filter((n) => n !== 3));
    send(listener, 20);
    await turn();
    expect(begun.at(-1)).toBe(20);
  });

  it("wait while enough writes do, and go on when there is room", async () => {
    const begun: unknown[] = [];
    let room: Promise<void> | undefined;
    let resolveRoom: (() => void) | undefined;
    const crowd = (): void => {
      room = new Promise((resolve) => (resolveRoom = resolve));
    };
    const makeRoom = (): void => {
      room = undefined;
      resolveRoom?.();
    };
    const listener = paced(
      (request) => void begun.push(request),
      () => room,
    );
    crowd();
    for (let n = 0; n < 12; n++) send(listener, n);
    for (let n = 0; n < 5; n++) await turn();
    expect(begun).toEqual([]);
    // Room for some: they are crowded again after these.
    makeRoom();
    await turn();
    await turn();
    expect(begun).toHaveLength(8);
    crowd();
    for (let n = 0; n < 5; n++) await turn();
    expect(begun).toHaveLength(8);
    makeRoom();
    await turn();
    await turn();
    expect(begun).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });
});
