import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";

/** Requests that one route answered, by the first digit of the status. */
export interface RequestCount {
  /** The pattern of the route, such as `/v1/batches/:id`; `none` where no route took the request. */
  route: string;
  statusClass: string;
  count: number;
}

const CLASSES = 6;
/** The pattern of the middleware, which is the last match where no route took the request. */
const NO_ROUTE = /\*$/;

/** Counts requests in memory, one addition each. */
export class RequestCounts {
  private readonly byRoute = new Map<string, number[]>();

  /** The counting middleware. Use it first, so that it sees every answer. */
  readonly middleware: MiddlewareHandler = async (c, next) => {
    await next();
    this.add(routePath(c, -1), c.res.status);
  };

  list(): RequestCount[] {
    return [...this.byRoute].flatMap(([route, counts]) =>
      counts.flatMap((count, digit) => (count > 0 ? [{ route, statusClass: `${digit}xx`, count }] : [])),
    );
  }

  private add(path: string, status: number): void {
    const route = NO_ROUTE.test(path) && status >= 400 ? "none" : path;
    let counts = this.byRoute.get(route);
    if (counts === undefined) this.byRoute.set(route, (counts = Array<number>(CLASSES).fill(0)));
    const digit = Math.floor(status / 100);
    counts[digit] = (counts[digit] ?? 0) + 1;
  }
}
