import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "../app.ts";
import { type Config, configFrom } from "./config.ts";
import { type FirstStart, openService, type OpenService } from "./open.ts";
import { paced } from "./paced-requests.ts";
import { openScanDoor, type ScanDoor } from "./scan-door.ts";
import { startFailure } from "../start-failure.ts";

/** Requests at hand get this long to end, then their connections are cut. */
const GRACE_MS = 5000;
/** Longer than clients and proxies keep an idle connection (mostly 60 s), so that never we close it under their request. */
const KEEP_ALIVE_MS = 75_000;
const FAILED = 1;
/** What shells expect of a process that SIGINT ended: 128 + 2. */
const INTERRUPTED = 130;
/** One Ctrl-C can arrive twice: from the terminal, and from npm or bin/suyuan.cjs, which forward it. */
const REPEATED_WITHIN_MS = 200;

/** A service that listens. */
export interface Running {
  /** Where, such as `http://127.0.0.1:8080`. */
  url: string;
  opened: OpenService;
  /** Stops listening, ends what is at hand, stores what waits, closes the store. */
  close(): Promise<void>;
}

/**
 * Opens the service in its data folder and listens.
 * @param begun told what a first start made, before anything can go wrong with listening
 * @throws StoreRefused, or Node's error where the address cannot be listened at (the folder is closed again)
 */
export async function startService(
  config: Config,
  begun: (firstStart: FirstStart) => void = () => undefined,
): Promise<Running> {
  const opened = openService(config);
  if (opened.firstStart) begun(opened.firstStart);
  try {
    const { server, door } = await listen(config, opened);
    const { port } = server.address() as AddressInfo;
    const close = async (): Promise<void> => {
      await stop(server, door);
      await opened.close();
    };
    return { url: `http://${hostOf(config.address)}:${port}`, opened, close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * Serves until SIGINT or SIGTERM; a second signal ends the process at once. Resolves with its exit code.
 * @param json what is told, as a line of JSON each
 * @param listening called once it serves
 */
export async function serveUntilSignal(
  environment: Record<string, string | undefined>,
  json = false,
  listening: () => void = () => undefined,
): Promise<number> {
  const tell = (text: string, value: object): void => console.log(json ? JSON.stringify(value) : text);
  // From now on: a signal that comes while it starts ends it as cleanly as a later one.
  const ended = signalled();
  let running: Running;
  try {
    const config = configFrom(environment);
    running = await startService(config, (firstStart) =>
      tell(firstStartText(firstStart, config), { firstStart }),
    );
    const { url } = running;
    tell(`Suyuan is listening at ${url} (data in ${config.data})`, { url, data: config.data });
    listening();
  } catch (error) {
    console.error(`suyuan: ${startFailure(error)}`);
    return FAILED;
  }
  await ended;
  tell("Closing; a second signal ends it at once.", { closing: true });
  await running.close();
  return 0;
}

/** Resolves at the first SIGINT or SIGTERM. A second, at least 0.2 s later, ends the process. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => {
        if (firstMs !== undefined && performance.now() - firstMs > REPEATED_WITHIN_MS)
          process.exit(INTERRUPTED);
        firstMs ??= performance.now();
        resolve();
      });
  });
}

function firstStartText({ operatorKey, backUp }: FirstStart, config: Config): string {
  return [
    "First start: an epoch secret, a log key and an operator key were made.",
    "",
    "  The operator's API key, shown this once:",
    `    ${operatorKey}`,
    "",
    "  Back these up. Without them no code can be opened and the log cannot go on:",
    ...backUp.map((file) => `    ${file}`),
    `  All of it is copied while it is in use with: npm run -s suyuan -- backup TARGET --data ${config.data}`,
    "",
    `  Codes' links name the host ${config.host}: set SUYUAN_HOST before ordering codes that will be printed.`,
    "",
  ].join("\n");
}

function fault(error: unknown, requestId: string): void {
  console.error(`suyuan: a fault in request ${requestId}:`, error);
}

function listen(config: Config, { service }: OpenService): Promise<{ server: Server; door: ScanDoor }> {
  const { fetch } = createApp({ service, fault });
  return new Promise((resolve, reject) => {
    const begin = getRequestListener(fetch, { hostname: config.address });
    const server = createServer(paced(begin, () => service.writer.crowded()));
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    const door = openScanDoor(server, service);
    server.once("error", reject);
    server.listen(config.port, config.address, () => {
      server.off("error", reject);
      resolve({ server, door });
    });
  });
}

function stop(server: Server, door: ScanDoor): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
      door.cut();
    }, GRACE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
    door.close();
  });
}

/** An IPv6 address stands in brackets in a URL; whoever listens everywhere is reached here too. */
function hostOf(address: string): string {
  if (address === "0.0.0.0" || address === "::") return "localhost";
  return address.includes(":") ? `[${address}]` : address;
}
