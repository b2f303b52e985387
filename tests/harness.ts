import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { createApp } from "../src/app.ts";
import { type Config, configFrom } from "../src/node/config.ts";
import type { Environment } from "../src/http/environment.ts";
import { openService, type OpenService } from "../src/node/open.ts";
import { nodePlatform } from "../src/node/platform.ts";
import { newApiKey } from "../src/services/filing/api-key.ts";
import { Conformance, type Described } from "./openapi.ts";
import type { Role } from "../src/core/custody/vocabulary.ts";

/** A service in a fresh folder, its app called without a socket, and keys for every role. */
export interface Harness extends OpenService {
  app: Hono<Environment>;
  folder: string;
  config: Config;
  /** The service's clock: set it to make time pass. */
  clock: { nowMs: number };
  operatorKey: string;
  /** A key of a role for an organisation. */
  keyFor(role: Role, organisation: string): Promise<string>;
  /** Calls the API; `body` goes as JSON. Whatever the OpenAPI document tells of the answer must be so. */
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
  dispose(): Promise<void>;
}

export interface CallOptions {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Called {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are checked field by field
  json: any;
}

let documented: Promise<Conformance> | undefined;

/** The document is worked out from the routes: one stands for every service. */
function conformance(app: Harness["app"]): Promise<Conformance> {
  documented ??= (async () => {
    const response = await app.request("/openapi.json");
    return new Conformance((await response.json()) as Described);
  })();
  return documented;
}

export const START_MS = Date.parse("2026-11-01T00:00:00Z");

export function makeHarness(environment: Record<string, string> = {}, folder?: string): Harness {
  const data = folder ?? mkdtempSync(join(tmpdir(), "suyuan-test-"));
  const config = configFrom({
    SUYUAN_DATA: data,
    SUYUAN_HOST: "trace.example.org",
    SUYUAN_ANONYMOUS_PER_MINUTE: "0",
    ...environment,
  });
  const clock = { nowMs: START_MS };
  const opened = openService(config, { ...nodePlatform, now: () => clock.nowMs });
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
      const headers: Record<string, string> = { ...options.headers };
      if (options.key) headers["Authorization"] = `Bearer ${options.key}`;
      const init: RequestInit = { method, headers };
      if (options.body !== undefined) {
        headers["Content-Type"] ??= "application/json";
        init.body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
      }
      const response = await app.request(path, init);
      const text = await response.text();
      const isJson = /[/+]json\b/.test(response.headers.get("Content-Type") ?? "");
      const called = {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text ? JSON.parse(text) : undefined,
      };
      const problems = (await conformance(app)).problemsWith(method, path, called) ?? [];
      if (problems.length > 0)
        throw new Error(
          `${method} ${path} ${response.status} is not what the OpenAPI document says: ${problems.join("; ")}`,
        );
      return called;
    },
    async dispose() {
      await opened.close();
      if (folder === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}
