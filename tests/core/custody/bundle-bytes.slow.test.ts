import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyBundle } from "../../../src/core/custody/verification.ts";
import { parseBundle } from "../../../src/core/ledger/bundle.ts";
import { logKey } from "../../../src/services/ledger/log-key.ts";
import { ANONYMOUS } from "../../../src/services/caller.ts";
import { type Harness, makeHarness } from "../../harness.ts";
import { acceptedChanges, type BundledTrade, bundledTrade, bytesOf, DAMAGED } from "./bundled-trade.ts";

let harness: Harness;
let trade: BundledTrade;
beforeAll(async () => {
  harness = makeHarness();
  trade = await bundledTrade(harness);
});
afterAll(() => harness.dispose());

const verify = (bytes: Uint8Array) => verifyBundle(parseBundle(bytes), logKey(harness.service));

it.each(DAMAGED)("a bundle is refused with any one byte changed: $whose", async ({ owner, from }) => {
  const bytes = bytesOf(await trade.bundleFor(0, owner ? trade.maker : ANONYMOUS));
  expect(acceptedChanges(bytes, from, 1, verify)).toEqual([]);
});
