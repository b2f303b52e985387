import { EventEmitter } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { paced } from "../../src/node/paced-requests.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Sent {
  n: number;
  method: string;
}

/** Returns the response, which the client's leaving closes. */
function send(listener: RequestListener, n: number, method = "POST"): EventEmitter {
  const response = new EventEmitter();
  listener(
    { n, method } as unknown as IncomingMessage,
    response as unknown as ServerResponse & { req: IncomingMessage },
  );
  return response;
}

/** A listener that notes which requests it started, with or without a full queue. */
function noting(crowded: () => Promise<void> | undefined): { listener: RequestListener; started: number[] } {
  const started: number[] = [];
  return {
    started,
    listener: paced((request) => void started.push((request as unknown as Sent).n), crowded),
  };
}

describe("requests that come together", () => {
  it("start in order, a few per turn, except those whose client left", async () => {
    const { listener, started } = noting(() => undefined);
    for (let n = 0; n < 20; n++) {
      const response = send(listener, n);
      if (n === 3) response.emit("close");
    }
    expect(started).toEqual([]);
    const turns: number[] = [];
    while (started.length < 19 && turns.length < 10) {
      await turn();
      turns.push(started.length);
    }
    expect(turns).toEqual([8, 16, 19]);
    expect(started).toEqual(Array.from({ length: 20 }, (_, n) => n).filter((n) => n !== 3));
    send(listener, 20);
    await turn();
    expect(started.at(-1)).toBe(20);
  });

  it("start one per turn while each is costly, and more again once they are light", async () => {
    let nowMs = 0;
    let costMs = 30;
    let started = 0;
    const listener = paced(
      () => {
        started += 1;
        nowMs += costMs;
      },
      () => undefined,
      () => nowMs,
    );
    for (let n = 0; n < 60; n++) send(listener, n, "GET");
    const perTurn: number[] = [];
    const turns = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const before = started;
        await turn();
        perTurn.push(started - before);
      }
    };
    await turns(6);
    expect(perTurn).toEqual([8, 4, 2, 1, 1, 1]);
    costMs = 0;
    await turns(8);
    expect(perTurn.slice(6)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("wait while the queue of writes is full, and start when it has room", async () => {
    let room: Promise<void> | undefined;
    let resolveRoom: (() => void) | undefined;
    const crowd = (): void => {
      room = new Promise((resolve) => (resolveRoom = resolve));
    };
    const makeRoom = (): void => {
      room = undefined;
      resolveRoom?.();
    };
    const { listener, started } = noting(() => room);
    crowd();
    for (let n = 0; n < 12; n++) send(listener, n);
    for (let n = 0; n < 5; n++) await turn();
    expect(started).toEqual([]);
    // Room for some: they are crowded again after these.
    makeRoom();
    await turn();
    await turn();
    expect(started).toHaveLength(8);
    crowd();
    for (let n = 0; n < 5; n++) await turn();
    expect(started).toHaveLength(8);
    makeRoom();
    await turn();
    await turn();
    expect(started).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it("leave the queue when their connection closes, also while writes are held back", async () => {
    const listener = paced(
      () => undefined,
      () => new Promise(() => undefined),
    );
    send(listener, 0);
    await turn();
    for (let n = 1; n < 1000; n++) send(listener, n).emit("close");
    expect(listener.waiting).toBe(1);
  });

  it("start reads first, and writes in their share of a turn", async () => {
    let room: Promise<void> | undefined = new Promise(() => undefined);
    const { listener, started } = noting(() => room);
    for (let n = 0; n < 3; n++) send(listener, n);
    await turn();
    for (let n = 10; n < 13; n++) send(listener, n, n === 10 ? "HEAD" : "GET");
    await turn();
    await turn();
    expect(started).toEqual([10, 11, 12]);
    room = undefined;
    for (let n = 13; n < 23; n++) send(listener, n, "GET");
    await turn();
    // Half of a turn is theirs while others wait.
    expect(started).toEqual([10, 11, 12, 13, 14, 15, 16, 0, 1, 2]);
    await turn();
    expect(started.slice(10)).toEqual([17, 18, 19, 20, 21, 22]);
  });
});
