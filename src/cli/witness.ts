import { isUtf8 } from "node:buffer";
import { mkdirSync } from "node:fs";
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
import { fileErrorReason } from "../node/file-error.ts";
import { readInputText } from "./input-file.ts";
import { WitnessStore } from "./witness-store.ts";

const TEXT = "text/plain; charset=utf-8";
const SECOND_MS = 1000;

export const witness: Command = {
  name: "witness",
  summary: "Watch other logs: cosign each checkpoint that continues the last one",
  about:
    "It serves the C2SP tlog-witness protocol: logs submit to URL/add-checkpoint, and anybody can read the last checkpoint\n" +
    "of a log at URL/HASH/checkpoint, where HASH is the SHA-256 of the log's name. The file of --logs has the verifier keys\n" +
    "of the watched logs, one a line; a log has two during a change of its key. The folder has the witness's own key, made\n" +
    "at the first start, and the last checkpoint of each log. Only one process can use it. The start prints the witness's\n" +
    "verifier key, for the trust policies of the logs.",
  options: {
    data: { type: "string", value: "FOLDER", help: "the witness's own folder" },
    logs: { type: "string", value: "FILE", help: "verifier keys of the logs, one a line" },
    name: {
      type: "string",
      value: "NAME",
      help: "for the first start: the witness's name, such as witness.example.org",
    },
    port: { type: "string", value: "PORT", help: "the port to listen on (7380; 0 for any)" },
    address: { type: "string", value: "ADDRESS", help: "the address to listen on (127.0.0.1)" },
  },
  async run(call) {
    noWords(call);
    const logs = readLogs(required(call, "logs"));
    const folder = required(call, "data");
    const port = wholeNumber(call.option("port") ?? "7380", "port");
    makeFolder(folder);
    const { lockFolder } = await import("../node/data/folder-lock.ts");
    const lock = lockFolder(folder);
    const store = new WitnessStore(folder, call.option("name"));
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

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CommandFailed(`the witness folder ${folder} cannot be made: ${fileErrorReason(error)}`, {
      cause: error,
    });
  }
}

type Answer = { status: number; body: string; mediaType: string };

/** Answers requests. It decides, stores and cosigns synchronously, so no two requests see the same state. */
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
    if (request.method !== "POST") return plain(405, "this address takes only POST");
    const bytes = await readBody(request);
    if (bytes === null) return plain(413, `a request has at most ${MAX_ADD_CHECKPOINT_BYTES} bytes`);
    // A note is UTF-8 (C2SP signed-note). Decoding with replacement characters could turn other bytes into a note.
    return isUtf8(bytes)
      ? addCheckpoint(bytes.toString("utf8"), store, logs)
      : plain(400, "the request is not UTF-8");
  }
  const [, hash] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path) ?? [];
  const origin = [...logs.keys()].find((one) => originHash(one) === hash);
  const checkpoint = origin === undefined ? undefined : store.checkpoint(origin);
  if (checkpoint === undefined) return plain(404, "there is nothing at this address");
  if (!["GET", "HEAD"].includes(request.method ?? ""))
    return plain(405, "this address takes only GET and HEAD");
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
    if (decision.conflict !== undefined) reportConflict(decision.conflict, store, decision.status);
    return decision;
  }
  const { key, signer } = store.identity;
  const line = cosign(decision.text, key.name, signer, store.timeAt(Math.floor(Date.now() / SECOND_MS)));
  // The checkpoint is durable before its cosignature is sent: an older tree must never be cosigned afterwards.
  store.keep(decision.origin, appendSignatures(decision.checkpoint, [line]));
  return { status: 200, body: `${line}\n`, mediaType: TEXT };
}

/** Checkpoints whose conflict was reported: anybody can send one again and again. */
const reported = new Set<string>();
const MAX_REPORTED = 1000;

/** Reports a conflict to the witness's operator, once for each checkpoint, with the evidence. */
function reportConflict(
  { origin, checkpoint }: { origin: string; checkpoint: string },
  store: WitnessStore,
  status: number,
): void {
  if (reported.has(checkpoint)) return;
  if (reported.size >= MAX_REPORTED) reported.clear();
  reported.add(checkpoint);
  const what =
    status === 409
      ? "FORK: the log signed two different trees of the same size. Keep both checkpoints: they prove it to anybody."
      : "NOT CONTINUED: the proof does not lead from the cosigned tree to this one. If the log itself sent it, its history\n" +
        "was rewritten, and both checkpoints prove it. Anybody else may have sent a wrong proof: suyuan monitor decides.";
  console.error(
    `suyuan witness: ${what} (${origin})\n\nCosigned:\n\n${store.checkpoint(origin) ?? "nothing yet\n"}\nNow signed:\n\n${checkpoint}`,
  );
}

/** Null for a body that is too long. It is read to its end all the same, so that the client can read the answer. */
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
 * The keys of each log, by origin: two during a change of the key.
 * @throws UsageError on a line that is no Ed25519 verifier key, on a repeated key, and on an empty file
 */
function readLogs(file: string): Map<string, VerifierKey[]> {
  const text = readInputText(file);
  const logs = new Map<string, VerifierKey[]>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const key = logKeyIn(line.trim(), at + 1);
    const others = logs.get(key.name) ?? [];
    if (key.type !== ED25519 || others.some(({ keyId }) => keyId === key.keyId))
      throw new UsageError(`--logs: the key on line ${at + 1} must be an Ed25519 key, and appear once`);
    logs.set(key.name, [...others, key]);
  }
  if (logs.size === 0)
    throw new UsageError(`--logs: ${file} has no key: put the verifier key of each log on a line`);
  return logs;
}

function logKeyIn(line: string, number: number): VerifierKey {
  try {
    return parseVerifierKey(line);
  } catch (error) {
    throw new UsageError(`--logs: line ${number} is no verifier key: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (error) =>
      fail(new CommandFailed(`cannot listen on ${address}:${port}: ${error.message}`, { cause: error })),
    );
    server.listen(port, address, done);
  });
}

/** Resolves after SIGINT or SIGTERM, once every answer is sent. */
function stopped(server: Server): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => server.close(() => done()));
  });
}
