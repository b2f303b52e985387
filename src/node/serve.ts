import { type Config, configFrom, withPort } from "./config.ts";
import { freePort } from "./free-port.ts";
import type { Platform } from "../platform.ts";
import { nodePlatform } from "./platform.ts";
import type { FirstStart } from "./first-start.ts";
import { type Listening, listen } from "./listen.ts";
import { openService, type OpenService } from "./open.ts";
import { signalled } from "./signals.ts";
import { startFailure } from "./start-failure.ts";

const FAILED = 1;

/** A listening service. */
export interface Running {
  /** Its address, such as `http://127.0.0.1:8080`. */
  url: string;
  /** Where metrics are answered without a key; absent where nowhere. */
  metricsUrl?: string;
  opened: OpenService;
  /** Stops listening, finishes open requests, stores waiting scans and closes the store. */
  close(): Promise<void>;
}

/**
 * Opens the service in its data folder and listens.
 * @param onFirstStart receives the secrets of a first start, and the configuration with its port, before the service listens
 * @param platform another one than Node's, such as one with a clock that a demonstration sets
 * @throws StoreRefused, or Node's error where it cannot listen at the address (the folder is closed again)
 */
export async function startService(
  config: Config,
  onFirstStart: (firstStart: FirstStart, config: Config) => void = () => undefined,
  platform: Platform = nodePlatform,
): Promise<Running> {
  const known = await knownPort(config);
  const opened = openService(known, platform);
  if (opened.firstStart) onFirstStart(opened.firstStart, known);
  try {
    const { stop, ...addresses }: Listening = await listen(known, opened);
    const close = async (): Promise<void> => {
      await stop();
      await opened.close();
    };
    return { ...addresses, opened, close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Codes' links name the port where no host is set: it must be known before the first link is made. */
async function knownPort(config: Config): Promise<Config> {
  if (config.port > 0 || !config.hostFollowsPort) return config;
  return withPort(config, await freePort(config.address));
}

/**
 * Serves until SIGINT, SIGTERM or SIGHUP; a second signal ends the process at once. Resolves with its exit code.
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
    running = await startService(config, (firstStart, known) =>
      print(firstStartText(firstStart, known), { firstStart }),
    );
    const { url, metricsUrl } = running;
    print(`Suyuan is listening at ${url} (data in ${config.data})`, { url, data: config.data });
    if (metricsUrl !== undefined) print(`Metrics are at ${metricsUrl}/metrics`, { metricsUrl });
    listening();
  } catch (error) {
    console.error(`suyuan: ${startFailure(error)}`);
    return FAILED;
  }
  await ended;
  print("Closing; a second signal ends it at once.", { closing: true });
  try {
    await running.close();
    return 0;
  } catch (error) {
    console.error(`suyuan: ${closeFailure(error)}`);
    return FAILED;
  }
}

/** One line for a store that could not be closed. Whatever was answered is stored: only counts can be missing. */
function closeFailure(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return (
    `closing failed (${reason}). Every acknowledged write is stored; the scan counts of the last moments may not be. ` +
    "Check the disk (space, health), and start the service again"
  );
}

function firstStartText({ operatorKey, backUp }: FirstStart, config: Config): string {
  return [
    "First start: an epoch secret, a log key and an operator key were made.",
    "",
    "  The operator's API key, shown this once:",
    `    ${operatorKey}`,
    "",
    "  Back these up. Without them no code can be opened and the log cannot continue:",
    ...backUp.map((file) => `    ${file}`),
    `  To copy all of it while the service runs: npx suyuan backup TARGET --data ${config.data}`,
    "",
    `  Codes' links name the host ${config.host}: set SUYUAN_HOST before ordering codes that will be printed.`,
    "",
  ].join("\n");
}
