import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Checkpoint, parseCheckpoint } from "../core/ledger/checkpoint.ts";
import type { ChainHead, Monitored } from "../core/ledger/monitoring.ts";
import { openNote } from "../core/ledger/note.ts";
import type { Policy } from "../core/ledger/policy.ts";
import { fileErrorReason } from "../node/file-error.ts";
import { CommandFailed } from "./command.ts";

const FORMAT = "suyuan/monitor@1";
const NEWLINE = 0x0a;
/** Lines written at once. */
const CHUNK = 10_000;

/**
 * Reads the state of a monitor: JSON lines, first `{format, checkpoint, chains}`, then for each chain its tag, its last
 * place, and the log index of that place.
 * @returns undefined where there is no file yet
 * @throws CommandFailed where the file is damaged, or of a log with another key
 */
export function readState(file: string, { logs }: Policy): Monitored | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const lines = linesOf(readFileSync(file));
    const { format, checkpoint, chains } = JSON.parse(lines.next().value ?? "") as Record<string, unknown>;
    if (format !== FORMAT || typeof checkpoint !== "string")
      throw new RangeError(`it is not of the format ${FORMAT}`);
    const heads = new Map<string, ChainHead>();
    for (const line of lines) addHead(heads, JSON.parse(line));
    if (heads.size !== chains) throw new RangeError(`it has ${heads.size} of its ${String(chains)} chains`);
    const { size, root } = keptTree(checkpoint, logs);
    return { size, root, checkpoint, heads };
  } catch (error) {
    throw new CommandFailed(
      `cannot resume from ${file}: ${(error as Error).message}. It may be of another log. Save its checkpoint before ` +
        `deleting it`,
      { cause: error },
    );
  }
}

/** Writes a new file, flushes it and renames it, so a crash leaves the old one or the new one. @throws CommandFailed */
export function writeState(file: string, { checkpoint, heads }: Monitored): void {
  const fresh = `${file}.new`;
  try {
    const handle = openSync(fresh, "w", 0o600);
    try {
      writeFileSync(handle, `${JSON.stringify({ format: FORMAT, checkpoint, chains: heads.size })}\n`);
      const lines: string[] = [];
      for (const [tag, { n, index }] of heads) {
        lines.push(`${JSON.stringify([tag, n, index])}\n`);
        if (lines.length === CHUNK) writeFileSync(handle, lines.splice(0).join(""));
      }
      writeFileSync(handle, lines.join(""));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, file);
    syncFolder(dirname(file));
  } catch (error) {
    throw new CommandFailed(`the state ${file} cannot be written: ${fileErrorReason(error)}`, {
      cause: error,
    });
  }
}

/** Checks the log's signature only: a stricter quorum applies to new checkpoints, not to the one kept before it. */
function keptTree(checkpoint: string, logs: Policy["logs"]): Checkpoint {
  const { text, verified } = openNote(
    checkpoint,
    logs.map(({ key }) => key),
  );
  const tree = parseCheckpoint(text);
  const signed = verified.some(({ name }) => name === tree.origin);
  if (!signed) throw new RangeError(`its checkpoint of ${tree.origin} is signed by another log`);
  return tree;
}

/** The rename is durable only once the folder is flushed. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}

function addHead(heads: Map<string, ChainHead>, line: unknown): void {
  const [tag, n, index] = line as unknown[];
  if (
    typeof tag !== "string" ||
    !/^[0-9a-f]{32}$/.test(tag) ||
    heads.has(tag) ||
    !isCount(n) ||
    !isCount(index)
  )
    throw new RangeError(`a line is no chain: ${JSON.stringify(line)}`);
  heads.set(tag, { n, index });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Yields one line at a time: the state of a large log is longer than the longest string. */
function* linesOf(bytes: Uint8Array): Generator<string, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0) throw new RangeError("it is cut short");
    yield decoder.decode(bytes.subarray(at, end));
    at = end + 1;
  }
  return undefined;
}
