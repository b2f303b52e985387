import { CommandFailed, type Invocation, type Option } from "./command.ts";

/** Options of every command that talks to a running service. */
export const CLIENT_OPTIONS = {
  url: { type: "string", value: "URL", help: "the service (SUYUAN_URL; http://127.0.0.1:8080)" },
  key: { type: "string", value: "KEY", help: "API key (SUYUAN_KEY)" },
} as const satisfies Record<string, Option>;

/** Attempts at one request, where connections are closed. */
const TRIES = 3;
/** Codes of a connection that was closed under a request. */
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);
const DEFAULT_URL = "http://127.0.0.1:8080";

/** The problem document (RFC 9457) of an error answer. */
interface ProblemBody {
  title?: string;
  detail?: string;
  remedy?: string;
  errors?: { field: string; problem: string; expected?: string }[];
}

/** The service refused. `status` and `body` are its answer. */
export class Refused extends CommandFailed {
  readonly status: number;
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    super(explain(status, body));
    this.status = status;
    this.body = body;
  }
}

export interface Request {
  body?: unknown;
  /** Bytes with their media type, instead of a JSON body. */
  file?: { bytes: Uint8Array; mediaType: string };
  headers?: Record<string, string>;
  /** A key to use instead of the client's. */
  key?: string | undefined;
}

/** Talks to a running service over its public API. */
export class Client {
  readonly url: string;
  private readonly key: string | undefined;

  constructor(url: string, key?: string) {
    this.url = url.replace(/\/+$/, "");
    this.key = key;
  }

  /** The answer's JSON. @throws Refused, CommandFailed where the service cannot be reached */
  async call<T>(method: string, path: string, request: Request = {}): Promise<T> {
    return (await (await this.send(method, path, request)).json()) as T;
  }

  /** The answer with its body unread. @throws Refused, CommandFailed where the service cannot be reached */
  async send(method: string, path: string, request: Request = {}): Promise<Response> {
    const response = await this.reach(path, {
      method,
      headers: this.headers(request),
      ...bodyOf(request),
    });
    if (response.ok) return response;
    throw new Refused(response.status, await problemOf(response));
  }

  private headers({ key = this.key, body, file, headers }: Request): Record<string, string> {
    return {
      Accept: "application/json",
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined
        ? {}
        : { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() }),
      ...(file === undefined ? {} : { "Content-Type": file.mediaType }),
      ...headers,
    };
  }

  /** Repeats a request whose connection was closed. Reads, and writes with an idempotency key, are safe to repeat. */
  private async reach(path: string, init: RequestInit, tries = TRIES): Promise<Response> {
    try {
      return await fetch(this.url + path, init);
    } catch (error) {
      if (tries > 1 && CLOSED.has(causeCode(error))) return this.reach(path, init, tries - 1);
      const cause = (error as Error).cause;
      const reason = cause instanceof Error && cause.message ? cause.message : (error as Error).message;
      throw new CommandFailed(
        `no answer from ${this.url}: ${reason}. Is the service running there? Set its address with --url or SUYUAN_URL`,
        {
          cause: error,
        },
      );
    }
  }
}

function causeCode(error: unknown): string {
  const cause = (error as Error).cause as { code?: unknown } | undefined;
  return typeof cause?.code === "string" ? cause.code : "";
}

/** The client that `--url` and `--key` name. */
export function clientOf(call: Invocation): Client {
  return new Client(call.option("url") ?? DEFAULT_URL, call.option("key"));
}

function bodyOf({ body, file }: Request): Pick<RequestInit, "body"> {
  if (file !== undefined) return { body: new Uint8Array(file.bytes) };
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

async function problemOf(response: Response): Promise<ProblemBody> {
  const text = await response.text();
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return { title: response.statusText, detail: text.slice(0, 200) };
  }
}

function explain(status: number, { title, detail, remedy, errors }: ProblemBody): string {
  const lines = [`refused (${status}${title ? `, ${title}` : ""}): ${detail ?? "no reason given"}`];
  for (const { field, problem, expected } of errors ?? [])
    lines.push(`  ${field}: ${problem}${expected ? `; expected ${expected}` : ""}`);
  if (remedy) lines.push(`  ${remedy}`);
  return lines.join("\n");
}
