import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { createApp } from "../src/app.ts";
import { acceptClock } from "../src/node/clock-decision.ts";
import { type Config, configFrom } from "../src/node/config.ts";
import type { Environment } from "../src/http/environment.ts";
import { openService, type OpenService } from "../src/node/open.ts";
import { nodePlatform } from "../src/node/platform.ts";
import { newApiKey } from "../src/services/filing/api-key.ts";
import { type ApiClient, calledOf, requestOf } from "./api-client.ts";
import { Conformance, type Described } from "./openapi.ts";
import type { Role } from "../src/core/custody/vocabulary.ts";

/** A service in a fresh folder, its app called without a socket, and keys for every role. */
export interface Harness extends OpenService, ApiClient {
  app: Hono<Environment>;
  folder: string;
  config: Config;
  /** The service's clock: set `nowMs` to make time pass, with `monotonicMs` to make only the clock jump. */
  clock: { nowMs: number; monotonicMs?: number };
  /** A key of a role for an organisation. */
  keyFor(role: Role, organisation: string): Promise<string>;
  /** As `ApiClient` has it; throws if the answer is not as the OpenAPI document describes it. */
  call: ApiClient["call"];
  dispose(): Promise<void>;
}

export type { Called } from "./api-client.ts";

let documented: Promise<Conformance> | undefined;

/** The document depends on the routes alone: one serves every service. */
function conformance(app: Harness["app"]): Promise<Conformance> {
  documented ??= (async () => {
    const response = await app.request("/openapi.json");
    return new Conformance((await response.json()) as Described);
  })();
  return documented;
}

export const START_MS = Date.parse("2026-11-01T00:00:00Z");

/** Each decision about the clock is used once: they differ by a millisecond. */
let restarts = 0;

export function makeHarness(environment: Record<string, string> = {}, folder?: string): Harness {
  const data = folder ?? mkdtempSync(join(tmpdir(), "suyuan-test-"));
  const config = configFrom({
    SUYUAN_DATA: data,
    SUYUAN_HOST: "trace.example.org",
    SUYUAN_ANONYMOUS_PER_MINUTE: "0",
    ...environment,
  });
  const clock: Harness["clock"] = { nowMs: START_MS };
  // The machine's clock ran in a folder that a command used meanwhile.
  if (folder !== undefined && existsSync(join(data, "suyuan.db")))
    acceptClock(data, START_MS + (restarts += 1));
  const opened = openService(config, {
    ...nodePlatform,
    now: () => clock.nowMs,
    monotonic: () => clock.monotonicMs ?? clock.nowMs,
  });
  const app = createApp({ service: opened.service, fault: (error) => console.error(error) });
  const { service } = opened;
  return {
    ...opened,
    app,
    folder: data,
    config,
    clock,
    operatorKey: opened.firstStart?.operatorKey ?? "",
    async keyFor(role, organisation) {
      const made = newApiKey(service.platform, role, organisation, undefined, "test");
      await service.writer.submit((tx) => tx.store.filing.addKey(made.row(tx.nowMs)));
      return made.secret;
    },
    async call(method, path, options = {}) {
      const called = await calledOf(await app.request(requestOf(method, path, options)));
      const problems = (await conformance(app)).problemsWith(method, path, called) ?? [];
      if (problems.length > 0)
        throw new Error(
          `${method} ${path} ${called.status} is not as the OpenAPI document describes it: ${problems.join("; ")}`,
        );
      return called;
    },
    async dispose() {
      await opened.close();
      if (folder !== undefined && existsSync(join(data, "suyuan.db"))) acceptClock(data, Date.now());
      if (folder === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}
