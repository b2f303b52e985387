import { expect } from "vitest";
import type { Store } from "../../../src/store/store.ts";

/** The store under test; after `reopen` it is the same one, opened again. */
export interface Subject {
  readonly store: Store;
  reopen(): Promise<void>;
}

/** 32 bytes that differ by `seed`. */
export function bytes(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (seed * 31 + i) & 0xff);
}

/** Reads from the store, and requires the same after it is opened again. Returns what was read. */
export async function kept<T>(t: Subject, read: (store: Store) => T): Promise<T> {
  const before = read(t.store);
  await t.reopen();
  expect(read(t.store)).toEqual(before);
  return before;
}
