import { afterEach, beforeEach, describe, expect } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { batchContract } from "./contract/batches.ts";
import { custodyContract } from "./contract/custody.ts";
import { filingContract } from "./contract/filing.ts";
import { ledgerContract } from "./contract/ledger.ts";
import { scanContract } from "./contract/scans.ts";
import { serviceContract } from "./contract/service.ts";
import type { Subject } from "./contract/subject.ts";
import { transactionContract } from "./contract/transactions.ts";

/** A new store of one engine. `reopen` closes it and opens what is there; `dispose` also removes it. */
export interface OpenedStore {
  store: Store;
  reopen(): Store | Promise<Store>;
  dispose(): void | Promise<void>;
}

/**
 * The contract of `src/store/store.ts`, as tests that any engine must pass.
 *
 * @param name the engine
 * @param open makes an empty store with the newest schema
 */
export function storeContract(name: string, open: () => OpenedStore | Promise<OpenedStore>): void {
  describe(`the store's contract on ${name}`, () => {
    expect.addEqualityTesters([sameBytes]);
    let opened: OpenedStore;
    let store: Store;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.dispose());
    const subject: Subject = {
      get store() {
        return store;
      },
      async reopen() {
        store = await opened.reopen();
      },
    };
    transactionContract(subject);
    ledgerContract(subject);
    custodyContract(subject);
    filingContract(subject);
    batchContract(subject);
    scanContract(subject);
    serviceContract(subject);
  });
}

/** Compares bytes by content: an engine may return a subclass of Uint8Array. */
function sameBytes(a: unknown, b: unknown): boolean | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
