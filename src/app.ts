import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { newApi } from "./http/api/route.ts";
import { documentation } from "./http/documentation.ts";
import type { Environment } from "./http/environment.ts";
import { authentication } from "./http/middleware/authentication.ts";
import { problemResponse } from "./http/problem.ts";
import { Problem } from "./services/problem.ts";
import type { Service } from "./services/service.ts";

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** What the surfaces stand on. */
export interface AppDependencies {
  service: Service;
}

/** Every surface on one screen: middleware in order, then the API, the pages and the scan. */
export function createApp({ service }: AppDependencies): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(requestId());
  app.use(secureHeaders());
  app.use(bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: () => tooLarge() }));
  app.use(authentication(service));

  const api = newApi();
  app.route("/v1", api);
  app.route("/", documentation(api));

  app.notFound((c) => problemResponse(c, new Problem("not_found", "there is nothing at this address")));
  app.onError((error, c) => problemResponse(c, error));
  return app;
}

function tooLarge(): never {
  throw new Problem("too_large", `a body may have at most ${BODY_LIMIT_BYTES} bytes`);
}
