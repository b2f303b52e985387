import type { Context, MiddlewareHandler } from "hono";
import type { Clients } from "../client-address.ts";
import type { Environment } from "../environment.ts";

/** Sets the client of each request. */
export function clientOf(clients: Clients): MiddlewareHandler<Environment> {
  return (c, next) => {
    c.set(
      "client",
      clients.read(peerOf(c), (name) => c.req.header(name)),
    );
    return next();
  };
}

/** The address at the other end of the connection; undefined for a request without a socket. */
function peerOf(c: Context<Environment>): string | undefined {
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress;
}
