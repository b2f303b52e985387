import type { Service } from "../services/service.ts";
import type { Caller } from "../services/caller.ts";
import type { Client } from "./client-address.ts";

/** Values that middleware sets for routes. */
export interface Environment {
  Variables: {
    service: Service;
    caller: Caller;
    /** The sender of the request, by its connection and trusted proxies. */
    client: Client;
    requestId: string;
    /** Set by a route whose answer contains only data that the writer has acknowledged. */
    acknowledged?: true;
  };
}
