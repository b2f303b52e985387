import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** Security headers of every answer; pages add a content security policy. */
export const SECURITY_HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
};

/** Scans, journeys and the log are public: pages of any site may read them, without credentials. */
export const PUBLIC_READING = { "access-control-allow-origin": "*" };

/** Sets the security headers, without those for obsolete browsers. */
export function securityHeaders(): MiddlewareHandler {
  return secureHeaders({
    crossOriginOpenerPolicy: SECURITY_HEADERS["cross-origin-opener-policy"],
    crossOriginResourcePolicy: SECURITY_HEADERS["cross-origin-resource-policy"],
    referrerPolicy: SECURITY_HEADERS["referrer-policy"],
    strictTransportSecurity: SECURITY_HEADERS["strict-transport-security"],
    xContentTypeOptions: SECURITY_HEADERS["x-content-type-options"],
    xFrameOptions: SECURITY_HEADERS["x-frame-options"],
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}
