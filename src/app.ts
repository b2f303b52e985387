import { Hono, type MiddlewareHandler } from "hono";
import { requestId } from "hono/request-id";
import { allowedMethods } from "./http/allowed-methods.ts";
import { auditRoutes } from "./http/api/audits.ts";
import { backupRoutes } from "./http/api/backups.ts";
import { batchRoutes } from "./http/api/batches.ts";
import { codeRoutes } from "./http/api/codes.ts";
import { enterpriseRoutes } from "./http/api/enterprises.ts";
import { eventRoutes } from "./http/api/events.ts";
import { fileRoutes } from "./http/api/files.ts";
import { keyRoutes } from "./http/api/keys.ts";
import { labelRoutes } from "./http/api/labels.ts";
import { logRoutes } from "./http/api/log.ts";
import { organisationRoutes } from "./http/api/organisations.ts";
import { productRoutes } from "./http/api/products.ts";
import { recallRoutes } from "./http/api/recalls.ts";
import { recordRoutes } from "./http/api/records.ts";
import { newApi } from "./http/api/route.ts";
import { scanApiRoutes } from "./http/api/scan.ts";
import { SharedStreams } from "./http/api/shared-streams.ts";
import { traceRoutes } from "./http/api/trace.ts";
import { documentation } from "./http/api/documentation.ts";
import type { Environment } from "./http/environment.ts";
import { clientLeft } from "./http/client-left.ts";
import { healthRoutes, probeOf, type ReadinessProbe } from "./http/health.ts";
import { type Metrics, metricsAnswer } from "./http/metrics.ts";
import { answerNoRoute } from "./http/no-route.ts";
import { logPaths, publicLogRoutes } from "./http/log/routes.ts";
import { type Clients, clientsOf } from "./http/client-address.ts";
import { anonymousLimit } from "./http/middleware/anonymous-limit.ts";
import { clientOf } from "./http/middleware/client.ts";
import { authentication, requireRole } from "./http/middleware/authentication.ts";
import { finishing } from "./http/middleware/finishing.ts";
import { publicReading } from "./http/middleware/public-reading.ts";
import { scanRoutes } from "./http/pages/consumer/scan-routes.ts";
import { isFault, problemResponse } from "./http/problem.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { traceCode } from "./services/custody/trace.ts";
import { type Service } from "./services/service.ts";
import { ANONYMOUS } from "./services/caller.ts";

/** The parts that every surface uses. */
export interface AppDependencies {
  service: Service;
  /** Reports unexpected errors to the operator; callers see the request's id only. */
  fault?: (error: unknown, requestId: string) => void;
  /** The reader of clients' addresses, shared with the scan socket where there is one. */
  clients?: Clients;
  /** Reports that a client went away in the middle of its request. */
  clientLeft?: () => void;
  /** Shared with a metrics address, where there is one. */
  probe?: ReadinessProbe;
  /** Absent where the runtime has no metrics. */
  metrics?: Metrics;
}

/** Every surface on one screen: middleware in order, then the API, the pages and the scan. */
export function createApp(dependencies: AppDependencies): Hono<Environment> {
  const { service, metrics, clients } = dependencies;
  const app = new Hono<Environment>();
  const isPublic = publicReading(logPaths(service));
  app.use(finishing({ isPublic, counts: metrics?.requests }));
  app.use(requestId());
  app.use(securityHeaders());
  app.route("/", healthRoutes(dependencies.probe ?? probeOf(service)));
  app.use(durableFirst(service));
  app.use("/v1/*", noStore);
  app.use(clientOf(clients ?? clientsOf(service, () => undefined)));
  app.use(authentication(service));
  app.use(anonymousLimit(service.settings));
  if (metrics !== undefined) app.get("/metrics", requireRole(["operator"], true), metricsAnswer(metrics));

  const api = newApi();
  const streams = new SharedStreams(() => service.platform.yield());
  enterpriseRoutes(api);
  organisationRoutes(api);
  keyRoutes(api);
  productRoutes(api);
  batchRoutes(api);
  codeRoutes(api, streams);
  labelRoutes(api, streams);
  eventRoutes(api);
  traceRoutes(api);
  recordRoutes(api);
  recallRoutes(api);
  fileRoutes(api);
  auditRoutes(api);
  logRoutes(api);
  backupRoutes(api);
  scanApiRoutes(api, service);
  app.route("/v1", api);
  app.route("/", documentation(api));
  for (const path of logPaths(service)) app.route(path, publicLogRoutes(service, path));
  app.route(
    "/",
    scanRoutes(service, (placed) => traceCode(service, placed, ANONYMOUS).steps),
  );

  const allowed = allowedMethods(app);
  app.notFound((c) => answerNoRoute(c, allowed, isPublic));
  app.onError((error, c) => {
    if (isFault(error)) {
      if (clientLeft(c, error)) dependencies.clientLeft?.();
      else dependencies.fault?.(error, c.get("requestId"));
    }
    return problemResponse(c, error);
  });
  return app;
}

/**
 * Sends no answer before the rows that it may show are on disk: a power cut would undo them. Also notes reads, so that the
 * writer keeps its groups short.
 */
function durableFirst({ writer }: Service): MiddlewareHandler<Environment> {
  return async (c, next) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") writer.noteRead();
    await next();
    if (c.get("acknowledged") === undefined) await writer.onDisk();
  };
}

/** Answers belong to the holder of the key: no shared cache stores them, unless their route says so. */
const noStore: MiddlewareHandler<Environment> = async (c, next) => {
  await next();
  // `c.header` would copy an answer that exists already.
  if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
};
