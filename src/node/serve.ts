import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "../app.ts";
import { type Config, configFrom } from "./config.ts";
import { openService, type OpenService } from "./open.ts";
import type { Platform } from "../platform.ts";
import { nodePlatform } from "./platform.ts";
import type { FirstStart } from "./first-start.ts";
import { startFailure } from "./start-failure.ts";
import { paced } from "./paced-requests.ts";
import { attachScanSocket, type ScanSocket } from "./scan-socket.ts";

/** Open requests get this long to finish, then their connections are cut. */
const GRACE_MS = 5000;
/** Clients and proxies mostly keep an idle connection for 60 s: ours stays open longer, so that they close it first. */
const KEEP_ALIVE_MS = 75_000;
const FAILED = 1;
/** The exit code of a process ended by SIGINT, by the convention of shells: 128 + 2. */
const INTERRUPTED = 130;
/** One Ctrl-C can arrive twice: from the terminal, and from npm or bin/suyuan.cjs, which forward it. */
const REPEATED_WITHIN_MS = 200;

/** A listening service. */
export interface Running {
  /** Its address, such as `http://127.0.0.1:8080`. */
  url: string;
  opened: OpenService;
  /** Stops listening, finishes open requests, stores waiting scans and closes the store. */
  close(): Promise<void>;
}

/**
 * Opens the service in its data folder and listens.
 * @param onFirstStart receives the secrets of a first start before the service listens
 * @param platform another one than Node's, such as one with a clock that a demonstration sets
 * @throws StoreRefused, or Node's error where it cannot listen at the address (the folder is closed again)
 */
export async function startService(
  config: Config,
  onFirstStart: (firstStart: FirstStart) => void = () => undefined,
  platform: Platform = nodePlatform,
): Promise<Running> {
  const opened = openService(config, platform);
  if (opened.firstStart) onFirstStart(opened.firstStart);
  try {
    const { server, socket } = await listen(config, opened);
    const { port } = server.address() as AddressInfo;
    const close = async (): Promise<void> => {
      await stop(server, socket);
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
 * @param json print each message as a line of JSON
 * @param listening called once it listens
 */
export async function serveUntilSignal(
  environment: Record<string, string | undefined>,
  json = false,
  listening: () => void = () => undefined,
): Promise<number> {
  const print = (text: string, value: object): void => console.log(json ? JSON.stringify(value) : text);
  // Before the start: a signal during the start ends it as cleanly as a later one.
  const ended = signalled();
  let running: Running;
  try {
    const config = configFrom(environment);
    running = await startService(config, (firstStart) =>
      print(firstStartText(firstStart, config), { firstStart }),
    );
    const { url } = running;
    print(`Suyuan is listening at ${url} (data in ${config.data})`, { url, data: config.data });
    listening();
  } catch (error) {
    console.error(`suyuan: ${startFailure(error)}`);
    return FAILED;
  }
  await ended;
  print("Closing; a second signal ends it at once.", { closing: true });
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

function listen(config: Config, { service }: OpenService): Promise<{ server: Server; socket: ScanSocket }> {
  const { fetch } = createApp({ service, fault });
  return new Promise((resolve, reject) => {
    const begin = getRequestListener(fetch, { hostname: config.address });
    const server = createServer(paced(begin, () => service.writer.backpressure()));
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    const socket = attachScanSocket(server, service);
    server.once("error", reject);
    server.listen(config.port, config.address, () => {
      server.off("error", reject);
      resolve({ server, socket });
    });
  });
}

function stop(server: Server, socket: ScanSocket): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
      socket.cut();
    }, GRACE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
    socket.close();
  });
}

/** The host part of the URL: an IPv6 address in brackets, localhost for all addresses. */
function hostOf(address: string): string {
  if (address === "0.0.0.0" || address === "::") return "localhost";
  return address.includes(":") ? `[${address}]` : address;
}
