import type { Caller, Service } from "../services/service.ts";

/** What middleware leaves for routes. */
export interface Environment {
  Variables: {
    service: Service;
    caller: Caller;
    requestId: string;
  };
}
