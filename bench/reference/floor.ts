import Sqlite from "better-sqlite3";
import { randomBytes } from "node:crypto";
import { nodeChain } from "../../src/core/ledger/chain.ts";
import { entryOver } from "../../src/core/ledger/entry.ts";
import { Frontier, leafHash } from "../../src/core/ledger/merkle.ts";
import { type ChainLink, encodeRecord } from "../../src/core/ledger/record.ts";
import { EventsBody } from "../../src/http/api/event-schema.ts";
import { nodeSignerFromSeed } from "../../src/node/ed25519.ts";
import { nodeSha256 } from "../../src/node/hash.ts";
import { newId } from "../../src/services/id.ts";

/** An event as the benchmark's calls have it: one code of one batch. */
interface SaleOfOne {
  kind: string;
  at: string;
  subjects: [{ batch: string; first: number }];
}

/**
 * Reference (f), the floor: what a call of events costs at the least with our guarantees. Its text is parsed and validated,
 * each event becomes a canonical record on the chain of its code, is hashed into the log's tree, and goes into one table;
 * a call is one transaction, durable (WAL, synchronous=FULL), with one Ed25519 signature of the root. No rule of custody
 * is judged, nothing is derived, nothing can be looked up but by number.
 * @param calls the calls' bodies
 * @param nodeOf the hash of a code's node in its batch's tree, which names its chain
 * @returns events a second
 */
export function recordOnFloor(
  file: string,
  calls: readonly string[],
  nodeOf: (position: number) => Uint8Array,
): number {
  const sqlite = new Sqlite(file);
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  sqlite.exec(
    'CREATE TABLE IF NOT EXISTS record ("index" INTEGER PRIMARY KEY, bytes BLOB NOT NULL, leaf BLOB NOT NULL)',
  );
  const insert = sqlite.prepare('INSERT INTO record ("index", bytes, leaf) VALUES (?, ?, ?)');
  const signer = nodeSignerFromSeed(new Uint8Array(randomBytes(32)));
  const frontier = new Frontier({ size: 0, hashes: [] }, nodeSha256);
  const heads = new Map<string, ChainLink>();
  const record = (event: SaleOfOne, recorded: string): void => {
    const [{ batch, first }] = event.subjects;
    const of = nodeChain(nodeOf(first));
    const before = heads.get(of);
    const link: ChainLink = { of, n: before === undefined ? 0 : before.n + 1, prev: before?.prev ?? null };
    const bytes = encodeRecord({
      v: 1,
      recorded,
      chains: [link],
      statement: {
        kind: event.kind,
        id: newId("evt"),
        at: event.at,
        actor: { organisation: "ent_floor", by: "key_floor" },
        subjects: [{ batch, segments: [[first, first + 1]] }],
        public: {},
        sealed: [],
      },
    });
    const digest = nodeSha256(bytes);
    const leaf = leafHash(entryOver(digest, [link], nodeSha256), nodeSha256);
    insert.run(frontier.size, bytes, leaf);
    frontier.append(leaf);
    heads.set(of, { of, n: link.n, prev: Buffer.from(digest).toString("hex") });
  };
  const write = sqlite.transaction((events: SaleOfOne[]) => {
    const recorded = new Date().toISOString();
    for (const event of events) record(event, recorded);
    signer.sign(frontier.root());
  });
  const startedAt = performance.now();
  let count = 0;
  for (const body of calls) {
    const { events } = EventsBody.parse(JSON.parse(body));
    write(events as unknown as SaleOfOne[]);
    count += events.length;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  sqlite.close();
  return count / seconds;
}
