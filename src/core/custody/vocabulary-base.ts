import { type Kind, ruleOf } from "./vocabulary.ts";

/**
 * Reads the base of the URIs of our own business steps. They are permanent, so it is fixed at the first start. The link
 * set schema of GS1 Digital Link refuses a port, a hyphen in the host and a fragment.
 * @returns the URI, which ends in a slash
 * @throws RangeError for anything but an https URI without port, hyphen in the host, query or fragment
 */
export function parseVocabularyBase(text: string): string {
  const url = URL.parse(text);
  const valid =
    url !== null &&
    url.protocol === "https:" &&
    url.port === "" &&
    !url.hostname.includes("-") &&
    url.search + url.hash + url.username + url.password === "" &&
    url.href === text &&
    text.endsWith("/");
  if (!valid)
    throw new RangeError(
      `${JSON.stringify(text)} must be an https URI that ends in "/", without port, hyphen in the host, query or fragment, ` +
        "such as https://trace.example.org/vocabulary/",
    );
  return text;
}

/**
 * The base for a service at `host`, which may have a port.
 * @throws RangeError for a host with a hyphen
 */
export function defaultVocabularyBase(host: string): string {
  return parseVocabularyBase(`https://${host.replace(/:\d+$/, "").toLowerCase()}/vocabulary/`);
}

/** The URI of a kind's business step: of CBV 2.0, or below the base of our own. */
export function bizStepUri(kind: Kind, base: string): string {
  return new URL(ruleOf(kind).bizStep, base).href;
}
