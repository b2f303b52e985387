import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { createApp } from "../app.ts";
import { clientsOf } from "../http/client-address.ts";
import { healthRoutes, probeOf, type ReadinessProbe } from "../http/health.ts";
import { type Metrics, metricsAnswer } from "../http/metrics.ts";
import type { Config } from "./config.ts";
import { descriptorAdvice, descriptorLimit, lacksDescriptors } from "./descriptors.ts";
import { metricsOf } from "./metrics.ts";
import type { OpenService } from "./open.ts";
import { PACING, paced } from "./paced-requests.ts";
import { rateLimitedReport } from "./rate-limited-report.ts";
import { refusalResponse } from "./refusal.ts";
import { ReportDoor } from "./report-door.ts";
import { attachScanSocket, type ScanSocket } from "./scan-socket.ts";

/** The servers of a service. */
export interface Listening {
  url: string;
  metricsUrl?: string;
  /** Stops listening, and resolves when the requests in progress are answered or cut. */
  stop: () => Promise<void>;
}

/** Descriptors that are not connections: the database, its threads, files that are read. */
const OTHER_DESCRIPTORS = 64;

/**
 * Listens at the service's address, and at the metrics address where there is one.
 * @throws Node's error where it cannot listen
 */
export async function listen(config: Config, opened: OpenService): Promise<Listening> {
  const { service } = opened;
  if (config.trustProxy)
    console.error(
      "suyuan: SUYUAN_TRUST_PROXY trusts the sender of every connection. Name your proxies in SUYUAN_TRUSTED_PROXIES instead",
    );
  const probe = probeOf(service);
  // The app counts requests for the metrics, and the metrics show the server that the app answers on.
  const figures = { door: () => ({ answered: 0, open: 0 }), queued: () => 0, commitSync: opened.commitSync };
  const metrics = metricsOf(service, figures);
  const clients = clientsOf(service, (line) => console.error(`suyuan: ${line}`));
  const { fetch } = createApp({ service, fault, clientLeft: reportClientLeft(), clients, probe, metrics });
  const start = getRequestListener(fetch, { hostname: hostOf(config.address), errorHandler: unreadable });
  const listener = paced(start, () => service.writer.backpressure());
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    // A request for the server as a whole (RFC 9110, 7.1).
    if (request.url === "*") request.url = "/";
    listener(request, response);
  });
  server.keepAliveTimeout = PACING.keepAliveMs;
  const reports = new ReportDoor({
    service,
    clients,
    counts: metrics.requests,
    fault,
    enqueue: (work) => void listener.enqueue(work, false),
  });
  const socket = attachScanSocket(server, service, clients, reports);
  figures.door = () => ({ answered: socket.answered, open: socket.open });
  figures.queued = () => listener.waiting;
  limitConnections(server, config.maxConnections);
  const url = await started(server, config);
  if (config.metricsAddress === null) return { url, stop: () => stop(server, socket) };
  try {
    const inside = createServer(getRequestListener(insideApp(probe, metrics).fetch));
    const metricsUrl = await started(inside, config.metricsAddress);
    const stopBoth = async (): Promise<void> => {
      inside.close();
      inside.closeAllConnections();
      await stop(server, socket);
    };
    return { url, metricsUrl, stop: stopBoth };
  } catch (error) {
    await stop(server, socket);
    throw error;
  }
}

/** Metrics and health for those who reach the inside address. */
function insideApp(probe: ReadinessProbe, metrics: Metrics): Hono {
  const app = new Hono();
  app.get("/metrics", metricsAnswer(metrics) as never);
  app.route("/", healthRoutes(probe) as never);
  return app;
}

function started(server: Server, { address, port }: { address: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      server.on("error", reportServerError);
      resolve(`http://${hostOf(address)}:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Closes connections beyond the limit, and keeps descriptors for the database. */
function limitConnections(server: Server, most: number): void {
  const descriptors = descriptorLimit() ?? Infinity;
  server.maxConnections = Math.min(
    most,
    Math.max(descriptors - OTHER_DESCRIPTORS, Math.ceil(descriptors / 4)),
  );
  const allowed =
    server.maxConnections === most
      ? "SUYUAN_MAX_CONNECTIONS allows"
      : `the limit of ${descriptors} file descriptors allows (ulimit -n, or LimitNOFILE of systemd)`;
  const report = rateLimitedReport(
    (times) =>
      `suyuan: ${times === 1 ? "a connection was" : `${times} connections were`} closed at once: ` +
      `${server.maxConnections} are open, the most that ${allowed}`,
  );
  server.on("drop", report);
}

/** A connection that could not be accepted. The server goes on listening. */
function reportServerError(error: Error): void {
  console.error(
    `suyuan: ${lacksDescriptors(error) ? descriptorAdvice() : `a connection failed: ${error.message}`}`,
  );
}

function fault(error: unknown, requestId: string): void {
  if (lacksDescriptors(error)) console.error(`suyuan: request ${requestId} failed: ${descriptorAdvice()}`);
  else console.error(`suyuan: a fault in request ${requestId}:`, error);
}

function reportClientLeft(): () => void {
  return rateLimitedReport((times) =>
    times === 1
      ? "suyuan: a client closed its connection before its request was complete"
      : `suyuan: ${times} clients closed their connections before their requests were complete`,
  );
}

/** The answer where the request's address cannot be read. */
function unreadable(): Response {
  return refusalResponse(400, "the request's address is no valid path or URL");
}

function stop(server: Server, socket: ScanSocket): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => socket.cut(), PACING.graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    socket.close();
  });
}

/** The host part of the URL: an IPv6 address in brackets, localhost for all addresses. */
function hostOf(address: string): string {
  if (address === "0.0.0.0" || address === "::") return "localhost";
  return address.includes(":") ? `[${address}]` : address;
}
