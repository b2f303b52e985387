import { createServer } from "node:net";
import { COMMAND_VARIABLES, isSetting } from "../../node/setting-table.ts";
import { CommandFailed, type Invocation, UsageError } from "../command.ts";

/** Options of the demo, each with the environment variable that stands in for it. */
const VARIABLES = {
  data: "SUYUAN_DATA",
  address: "SUYUAN_ADDRESS",
  port: "SUYUAN_PORT",
  host: "SUYUAN_HOST",
} as const;
const DEFAULT_ADDRESS = "127.0.0.1";
export const DEFAULT_PORT = 8080;
const MAX_PORT = 65_535;
/** How many ports after the default are tried before any free one is taken. */
const NEIGHBOURS = 9;

/** Where the demo keeps its data and listens. */
export interface DemoSettings {
  /** The folder to keep; undefined for a temporary one. */
  data: string | undefined;
  address: string;
  /** The port that was asked for, 0 for any free one; undefined for the default or one near it. */
  port: number | undefined;
  /** The host in codes' links; undefined for `localhost:PORT`. */
  host: string | undefined;
  /** Variables that are set, belong to the service, and do not apply to the demo. */
  ignored: string[];
}

/**
 * Reads the settings: an option wins over its environment variable, and an empty or blank variable is none.
 * @throws UsageError where the port is none
 */
export function demoSettings(
  call: Pick<Invocation, "option">,
  environment: Record<string, string | undefined>,
): DemoSettings {
  const valueOf = (option: keyof typeof VARIABLES): string | undefined =>
    call.option(option) ?? nonBlank(environment[VARIABLES[option]]);
  const port = valueOf("port");
  const portSource = call.option("port") === undefined ? VARIABLES.port : "--port";
  const applied: readonly string[] = Object.values(VARIABLES);
  return {
    data: valueOf("data"),
    address: valueOf("address") ?? DEFAULT_ADDRESS,
    port: port === undefined ? undefined : portNumber(port, portSource),
    host: valueOf("host"),
    ignored: Object.keys(environment)
      .filter((name) => isSetting(name) && !applied.includes(name) && !COMMAND_VARIABLES.has(name))
      .filter((name) => nonBlank(environment[name]) !== undefined)
      .toSorted(),
  };
}

function nonBlank(text: string | undefined): string | undefined {
  return text?.trim() === "" ? undefined : text;
}

function portNumber(text: string, source: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > MAX_PORT)
    throw new UsageError(`${source} must be a whole number from 0 to ${MAX_PORT}, not ${text}`);
  return port;
}

/**
 * The port to listen at: the one that was asked for, else `first`, else one of the next nine, else any free one.
 * @param asked 0 for any free one, undefined for no wish
 * @throws CommandFailed where the port that was asked for is in use, or the address cannot be listened at
 */
export async function choosePort(
  address: string,
  asked: number | undefined,
  first = DEFAULT_PORT,
): Promise<number> {
  if (asked !== undefined) {
    const port = await probe(address, asked);
    if (port !== undefined) return port;
    throw new CommandFailed(`port ${asked} is in use at ${address}: choose another, or 0 for any free one`);
  }
  const neighbours = Array.from({ length: NEIGHBOURS + 1 }, (_, i) => first + i);
  for (const candidate of [...neighbours.filter((port) => port <= MAX_PORT), 0]) {
    const port = await probe(address, candidate);
    if (port !== undefined) return port;
  }
  throw new CommandFailed(`no port is free at ${address}`);
}

/** The port, if it is free; undefined if it is in use. */
function probe(address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(new CommandFailed(`cannot listen at ${address}, port ${port}: ${error.message}`));
    });
    server.listen(port, address, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === "object" ? bound?.port : undefined));
    });
  });
}
