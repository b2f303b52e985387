import type { Context } from "hono";
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

  /** Counts an answer. */
  add(c: Context): void {
    const path = routePath(c, -1);
    const { status } = c.res;
    this.addAnswer(NO_ROUTE.test(path) && status >= 400 ? "none" : path, status);
  }

  /** Counts an answer of a route. */
  addAnswer(route: string, status: number): void {
    let counts = this.byRoute.get(route);
    if (counts === undefined) this.byRoute.set(route, (counts = Array<number>(CLASSES).fill(0)));
    const digit = Math.floor(status / 100);
    counts[digit] = (counts[digit] ?? 0) + 1;
  }

  list(): RequestCount[] {
    return [...this.byRoute].flatMap(([route, counts]) =>
      counts.flatMap((count, digit) => (count > 0 ? [{ route, statusClass: `${digit}xx`, count }] : [])),
    );
  }
}
