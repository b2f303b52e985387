import type { Store } from "../store/store.ts";
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
    /** Checks that the caller may still do what it asks, with the store of a moment or of a transaction. @throws Problem */
    requireAllowed?: (store: Store) => void;
    /** Set by a route whose answer contains only data that the writer has acknowledged. */
    acknowledged?: true;
  };
}
