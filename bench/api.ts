import { setTimeout } from "node:timers/promises";

/** A log that does not grow for so long stands still. */
const STILL_MS = 200;

/** Calls of a running service, for what is measured over HTTP but not in great numbers. */
export class Api {
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws Error with the answer, where its status is not of success */
  async call<T>(method: string, path: string, key?: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        Accept: "application/json",
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Records in the log, once it stands still: what was on its way when a load ended is in it too. */
  async logSize(): Promise<number> {
    let size = -1;
    for (;;) {
      const next = (await this.call<{ size: number }>("GET", "/v1/log")).size;
      if (next === size) return size;
      size = next;
      await setTimeout(STILL_MS);
    }
  }
}
