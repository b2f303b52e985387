import { isUtf8 } from "node:buffer";
import { MAX_NOTE_BYTES } from "../core/ledger/note.ts";
import { formatTilePath, TILE_WIDTH, type Tile } from "../core/ledger/tile.ts";
import { CommandFailed, UsageError } from "./command.ts";

const TIMEOUT_MS = 30_000;
/** 256 entries of 65,535 bytes, each with 2 bytes of length. */
const MAX_TILE_BYTES = TILE_WIDTH * (2 + 0xffff);

/** Reads a public log (C2SP tlog-tiles) over HTTP. It checks nothing: the caller verifies signatures and hashes. */
export class LogClient {
  readonly url: string;

  /** @param url the log's address, such as `https://trace.example.org/log`. @throws UsageError */
  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UsageError(`${url} is no http or https URL, such as https://trace.example.org/log`);
    this.url = url.replace(/\/+$/, "");
  }

  /** @throws CommandFailed where the log cannot be read */
  async checkpoint(): Promise<string> {
    const bytes = await this.get("checkpoint", MAX_NOTE_BYTES);
    if (bytes === null)
      throw new CommandFailed(
        `there is no log at ${this.url}: ${this.url}/checkpoint answered 404. A log's address ends in /log`,
      );
    if (!isUtf8(bytes))
      throw new CommandFailed(`${this.url}/checkpoint is not UTF-8, so it is no signed note`);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /** Null where the log has no such tile. @throws CommandFailed where the log cannot be read */
  readonly tile = (tile: Tile): Promise<Uint8Array | null> => this.get(formatTilePath(tile), MAX_TILE_BYTES);

  private async get(path: string, maxBytes: number): Promise<Uint8Array | null> {
    const url = `${this.url}/${path}`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      if (!response.ok) throw new CommandFailed(`${url} answered ${response.status}`);
      return await readBody(response, url, maxBytes);
    } catch (error) {
      if (error instanceof CommandFailed) throw error;
      const { message, cause } = error as Error;
      const reason = cause instanceof Error && cause.message ? cause.message : message;
      throw new CommandFailed(`no answer from ${url}: ${reason}`, { cause: error });
    }
  }
}

/** Refuses a longer body, so that an endless one cannot fill the memory. */
async function readBody(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let lengthBytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array);
    lengthBytes += (part as Uint8Array).length;
    if (lengthBytes > maxBytes) throw new CommandFailed(`${url} is longer than ${maxBytes} bytes`);
  }
  return new Uint8Array(Buffer.concat(parts));
}
