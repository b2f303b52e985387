import type { Context } from "hono";
import { Problem } from "../../services/problem.ts";
import type { Environment } from "../environment.ts";

/** Streams that one organisation may have open, and all together. Each holds at most one part of some 100 kB. */
const MOST_OF_ONE = 8;
const MOST_IN_ALL = 64;
/** How long a reader may leave a part unread. */
const STALLED_MS = 30_000;
/** When a refused caller may try again, seconds. */
const RETRY_AFTER = 5;

/** A place among the open streams. */
export interface Place {
  /** Ends it; further calls change nothing. */
  leave(): void;
}

/**
 * The downloads of codes and labels, which all share one budget of work: one part of one stream for each turn of the
 * event loop, in turn. A thousand readers cost other requests no more than one does. A part is made when its reader has
 * taken the last one; a reader that takes nothing for 30 s is cut off.
 */
export class SharedStreams {
  private readonly yieldTurn: () => Promise<void>;
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly open = new Map<string, number>();
  private openInAll = 0;
  private running = false;

  /** @param yieldTurn lets the event loop do other work */
  constructor(yieldTurn: () => Promise<void>) {
    this.yieldTurn = yieldTurn;
  }

  /**
   * Takes a place for a download of the caller's organisation.
   * @param weight how many places it takes: more for what is held whole in memory
   * @throws Problem rate_limited above 8 places of one organisation (with Retry-After); unavailable above 64 in all
   */
  enter(c: Context<Environment>, weight = 1): Place {
    const { organisation } = c.get("caller");
    const held = (this.open.get(organisation) ?? 0) + weight;
    const isOver = held > MOST_OF_ONE;
    if (isOver || this.openInAll + weight > MOST_IN_ALL) {
      c.header("Retry-After", String(RETRY_AFTER));
      throw isOver
        ? new Problem(
            "rate_limited",
            `an organisation may have at most ${MOST_OF_ONE} downloads of codes and labels open (a PDF counts as 2): ` +
              "read or close one first",
          )
        : new Problem(
            "unavailable",
            "too many downloads of codes and labels are open: try again in a moment",
          );
    }
    this.open.set(organisation, held);
    this.openInAll += weight;
    let left = false;
    return {
      leave: () => {
        if (left) return;
        left = true;
        this.openInAll -= weight;
        const rest = (this.open.get(organisation) ?? 0) - weight;
        if (rest > 0) this.open.set(organisation, rest);
        else this.open.delete(organisation);
      },
    };
  }

  /** Runs a part of somebody's work when its turn comes. */
  share<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push(async () => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      });
      void this.run();
    });
  }

  /** A stream of texts as the reader takes them. It leaves its place at its end, when it is cancelled or cut off. */
  stream(
    place: Place,
    parts: Iterator<string> | AsyncIterator<string>,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const utf8 = new TextEncoder();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const end = async (): Promise<void> => {
      clearTimeout(stalled);
      place.leave();
      await parts.return?.();
    };
    return new ReadableStream(
      {
        start: (controller) => {
          stalled = cutLater(controller, end);
        },
        pull: async (controller) => {
          clearTimeout(stalled);
          try {
            const { value, done } = await this.share(() => parts.next());
            if (done !== true) {
              controller.enqueue(utf8.encode(value));
              stalled = cutLater(controller, end);
              return;
            }
            controller.close();
          } catch (error) {
            await end();
            throw error;
          }
          await end();
        },
        cancel: end,
      },
      { highWaterMark: 0 },
    );
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let work = this.waiting.shift(); work !== undefined; work = this.waiting.shift()) {
      await this.yieldTurn();
      await work();
    }
    this.running = false;
  }
}

/** Ends a stream whose reader takes nothing. The reason has no stack: it is no fault of the service. */
function cutLater(
  controller: ReadableStreamDefaultController<Uint8Array>,
  end: () => Promise<void>,
): ReturnType<typeof setTimeout> {
  return setTimeout(() => {
    const reason = new Error(`a download was cut off: its reader took nothing for ${STALLED_MS / 1000} s`);
    reason.stack = reason.message;
    controller.error(reason);
    void end();
  }, STALLED_MS);
}
