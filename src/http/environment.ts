import type { Service } from "../services/service.ts";
import type { Caller } from "../services/caller.ts";

/** What middleware leaves for routes. */
export interface Environment {
  Variables: {
    service: Service;
    caller: Caller;
    requestId: string;
    /** Set by a route whose answer tells nothing but what the writer acknowledged to it. */
    acknowledged?: true;
  };
}
