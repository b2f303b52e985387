import { describe, expect, it } from "vitest";
import { deriveEpochKeys } from "../../src/core/code/keys.ts";
import { blindOf, codeLeafHash } from "../../src/core/code/leaf.ts";
import { encipherSerial } from "../../src/core/code/cipher.ts";
import { SERIAL_LIMIT } from "../../src/core/code/serial.ts";
import { packedRoot } from "../../src/core/ledger/merkle.ts";
import { nodeCodeGenerator } from "../../src/node/code-generator.ts";

const keys = deriveEpochKeys(0, new Uint8Array(32).fill(7));

/** One by one, as the codes are defined. */
function rootOf(first: number, count: number): Uint8Array {
  const leaves = new Uint8Array(32 * count);
  for (let i = 0; i < count; i++)
    leaves.set(codeLeafHash(blindOf(keys, first + i), encipherSerial(keys, first + i)), 32 * i);
  return packedRoot(leaves);
}

describe("the blocks of a run", () => {
  it.each([1, 255, 256, 257, 1024, 1025, 4096, 5000, 65_536])("of %d codes", async (count) => {
    const first = 2 ** 37 * 3 + 65_536;
    const blocks = await nodeCodeGenerator.blocks(keys, first, count);
    expect(blocks.length).toBe(32 * Math.ceil(count / 256));
    for (const block of new Set([0, Math.floor((count - 1) / 512), Math.floor((count - 1) / 256)])) {
      const size = Math.min(256, count - 256 * block);
      expect(blocks.slice(32 * block, 32 * block + 32)).toEqual(rootOf(first + 256 * block, size));
    }
  });

  it("are right with many requests at once, and after one that fails", async () => {
    const runs = Array.from({ length: 12 }, (_, i) => 2048 * i);
    const asked = runs.map((first) => nodeCodeGenerator.blocks(keys, first, 2048));
    // Settled from the start: whichever fails first must not count as unhandled.
    const beyond = Promise.allSettled(
      [0, 1].map(() => nodeCodeGenerator.blocks(keys, SERIAL_LIMIT - 1024, 2048)),
    );
    const after = nodeCodeGenerator.blocks(keys, 256, 2048);
    for (const failed of await beyond)
      expect(failed).toMatchObject({ status: "rejected", reason: expect.any(RangeError) as RangeError });
    for (const [i, blocks] of (await Promise.all(asked)).entries())
      expect(blocks.slice(0, 32)).toEqual(rootOf(runs[i]!, 256));
    expect((await after).slice(0, 32)).toEqual(rootOf(256, 256));
  });
});
