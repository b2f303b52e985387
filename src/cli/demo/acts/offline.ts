import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyBundle } from "../../../core/custody/verification.ts";
import { parseBundle } from "../../../core/ledger/bundle.ts";
import type { VerifierKey } from "../../../core/ledger/note-key.ts";
import type { Client } from "../../client.ts";
import { CommandFailed } from "../../command.ts";
import { formatSize } from "../../output.ts";
import type { Narrator } from "../narrator.ts";

/** A code's bundle, checked. */
export interface CheckedBundle {
  file: string;
  /** Stored records by index, as canonical text. */
  records: { index: number; record: string }[];
}

/** Chapter 8: a consumer downloads a bundle, checks it offline, and sees that a changed one is refused. */
export function checkOffline(
  narrator: Narrator,
  client: Client,
  folder: string,
  code: string,
  key: VerifierKey,
): Promise<CheckedBundle> {
  const file = join(folder, "bundle.json");
  return narrator.chapter("8. A consumer checks without trusting anybody", async () => {
    const response = await client.send("GET", `/v1/trace/${code}/bundle`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    writeFileSync(file, bytes);
    const bundle = parseBundle(bytes);
    const { journey, notShown } = verifyBundle(bundle, key);
    if (notShown.length > 0) throw new CommandFailed(`the bundle does not show everything: ${notShown[0]}`);
    narrator.say(
      `A bundle of ${formatSize(bytes.length)} proves all ${journey.steps.length} steps offline, with nothing but the log's public key.`,
    );
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    if (isSound(bytes, key)) throw new CommandFailed("a bundle with a changed bit was not refused");
    narrator.say("With one bit changed it is refused.");
    return { file, records: bundle.records };
  });
}

function isSound(bytes: Uint8Array, key: VerifierKey): boolean {
  try {
    verifyBundle(parseBundle(bytes), key);
    return true;
  } catch {
    return false;
  }
}
