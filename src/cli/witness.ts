import { isUtf8 } from "node:buffer";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { cosign } from "../core/ledger/cosignature.ts";
import { appendSignatures } from "../core/ledger/note.ts";
import { ED25519, formatVerifierKey, parseVerifierKey, type VerifierKey } from "../core/ledger/note-key.ts";
import {
  decideAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  originHash,
  type WitnessDecision,
} from "../core/ledger/witness.ts";
import { type Command, CommandFailed, DONE, noWords, required, UsageError, wholeNumber } from "./command.ts";
import { WitnessStore } from "./witness-store.ts";

const TEXT = "text/plain; charset=utf-8";
const SECOND_MS = 1000;

/** Keeps other processes out of a folder. @throws where one has it */
export type LockFolder = (folder: string) => Promise<{ close(): void }>;

export function witnessCommand(lockFolder: LockFolder): Command {
  return {
    name: "witness",
    summary: "Watch other logs: cosign each checkpoint that continues the one before",
    about:
      "Serves C2SP tlog-witness: logs submit to URL/add-checkpoint, and anybody reads URL/HASH/checkpoint, the HASH that of\n" +
      "a log's origin. FILE has the verifier keys of the logs to be watched, one a line; a log that changes its key has two. The folder holds the witness's own\n" +
      "key, made at the first start, and what it last cosigned; one process a folder. The witness's verifier key is told at\n" +
      "the start: it goes into the logs' trust policies.",
    options: {
      data: { type: "string", value: "FOLDER", help: "the witness's own folder" },
      logs: { type: "string", value: "FILE", help: "verifier keys of the logs, one a line" },
      name: {
        type: "string",
        value: "NAME",
        help: "the witness's name, such as witness.example.org; for the first start",
      },
      port: { type: "string", value: "PORT", help: "where it listens (7380; 0 for any)" },
      address: { type: "string", value: "ADDRESS", help: "on which address (127.0.0.1)" },
    },
    async run(call) {
      noWords(call);
      const logs = readLogs(required(call, "logs"));
      const folder = required(call, "data");
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const lock = await lockFolder(folder);
      const store = new WitnessStore(folder, call.option("name"));
      const port = wholeNumber(call.option("port") ?? "7380", "port");
      const server = createServer(witnessHandler(store, logs));
      await listening(server, port, call.option("address") ?? "127.0.0.1");
      const { address, port: bound } = server.address() as AddressInfo;
      const url = `http://${address.includes(":") ? `[${address}]` : address}:${bound}`;
      const vkey = formatVerifierKey(store.identity.key);
      call.out.document({ url, vkey, logs: [...logs.keys()] });
      call.out.line(`Witness ${vkey}`);
      call.out.line(`listening at ${url}, for ${[...logs.keys()].join(", ")}`);
      await stopped(server);
      lock.close();
      return DONE;
    },
  };
}

type Answer = { status: number; body: string; mediaType: string };

/** Answers requests; deciding, keeping and cosigning happen without a pause, so no two requests see the same state. */
function witnessHandler(store: WitnessStore, logs: ReadonlyMap<string, readonly VerifierKey[]>) {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body, mediaType } = await answer(request, store, logs);
    response.writeHead(status, { "Content-Type": mediaType, "Cache-Control": "no-store" }).end(body);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    respond(request, response).catch((error: unknown) => {
      console.error(`suyuan witness: ${(error as Error).message}`);
      if (!response.headersSent) response.writeHead(500, { "Content-Type": TEXT });
      response.end("the witness cannot answer\n");
    });
  };
}

async function answer(
  request: IncomingMessage,
  store: WitnessStore,
  logs: ReadonlyMap<string, readonly VerifierKey[]>,
): Promise<Answer> {
  const path = URL.parse(request.url ?? "/", "http://witness")?.pathname ?? "";
  if (path === "/add-checkpoint") {
    if (request.method !== "POST") return plain(405, "only POST");
    const bytes = await readBody(request);
    if (bytes === null) return plain(413, "the request is too long");
    // What is not UTF-8 is no note (C2SP signed-note): replacing characters could make it one.
    return isUtf8(bytes)
      ? addCheckpoint(bytes.toString("utf8"), store, logs)
      : plain(400, "the request is not UTF-8");
  }
  const [, hash] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path) ?? [];
  const origin = [...logs.keys()].find((one) => originHash(one) === hash);
  const checkpoint = origin === undefined ? undefined : store.checkpoint(origin);
  if (checkpoint === undefined) return plain(404, "nothing here");
  if (!["GET", "HEAD"].includes(request.method ?? "")) return plain(405, "only GET and HEAD");
  return { status: 200, body: checkpoint, mediaType: TEXT };
}

function plain(status: number, message: string): Answer {
  return { status, body: `${message}\n`, mediaType: TEXT };
}

function addCheckpoint(
  body: string,
  store: WitnessStore,
  logs: ReadonlyMap<string, readonly VerifierKey[]>,
): Answer {
  const decision: WitnessDecision = decideAddCheckpoint(body, (origin) => {
    const keys = logs.get(origin);
    return keys && { keys, checkpoint: store.checkpoint(origin) };
  });
  if (decision.status !== 200) {
    if (decision.conflict !== undefined) tellConflict(decision.conflict, store, decision.status);
    return decision;
  }
  const { key, signer } = store.identity;
  const line = cosign(decision.text, key.name, signer, store.timeAt(Math.floor(Date.now() / SECOND_MS)));
  // Once the cosignature is out, an older tree must never be cosigned again: what it is on is durable first.
  store.keep(decision.origin, appendSignatures(decision.checkpoint, [line]));
  return { status: 200, body: `${line}\n`, mediaType: TEXT };
}

/** Checkpoints that were told of: anybody can send one again and again. */
const told = new Set<string>();
const MAX_TOLD = 1000;

/** For the witness's own operator: whoever watches a log wants to know that it could not be cosigned. */
function tellConflict(
  { origin, checkpoint }: { origin: string; checkpoint: string },
  store: WitnessStore,
  status: number,
): void {
  if (told.has(checkpoint)) return;
  if (told.size >= MAX_TOLD) told.clear();
  told.add(checkpoint);
  const what =
    status === 409
      ? "FORK: the log signed two different trees of the same size. Keep both checkpoints: they prove it to anybody."
      : "NOT CONTINUED: the proof does not lead from the tree cosigned to this one. Where the log itself sent it, its\n" +
        "history was rewritten, and both checkpoints prove it; anybody else may have sent a wrong proof. suyuan monitor tells.";
  console.error(
    `suyuan witness: ${what} (${origin})\n\nCosigned:\n\n${store.checkpoint(origin) ?? "nothing yet\n"}\nNow signed:\n\n${checkpoint}`,
  );
}

/** Null where it is longer than a request may be; it is read to its end all the same, so that it can be answered. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let lengthBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    lengthBytes += part.length;
    if (lengthBytes <= MAX_ADD_CHECKPOINT_BYTES) parts.push(part);
  }
  return lengthBytes > MAX_ADD_CHECKPOINT_BYTES ? null : Buffer.concat(parts);
}

/**
 * Keys by origin: while a log changes its key it has two.
 * @throws UsageError on a line that is no Ed25519 verifier key, a key named twice, and none at all
 */
function readLogs(file: string): Map<string, VerifierKey[]> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
  const logs = new Map<string, VerifierKey[]>();
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "") continue;
    const key = logKeyIn(line);
    const others = logs.get(key.name) ?? [];
    if (key.type !== ED25519 || others.some(({ keyId }) => keyId === key.keyId))
      throw new UsageError(`--logs: ${line} must be there once, and be an Ed25519 key`);
    logs.set(key.name, [...others, key]);
  }
  if (logs.size === 0) throw new UsageError("--logs names no log");
  return logs;
}

function logKeyIn(line: string): VerifierKey {
  try {
    return parseVerifierKey(line);
  } catch (error) {
    throw new UsageError(`--logs: ${(error as Error).message}`, { cause: error });
  }
}

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (error) => fail(new CommandFailed(error.message, { cause: error })));
    server.listen(port, address, done);
  });
}

/** Resolves when the process is told to end and every answer is out. */
function stopped(server: Server): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => server.close(() => done()));
  });
}
