import { countryOfRegion, regionOf, UNKNOWN_REGION } from "../scan/region.ts";
import type { Service } from "../services/service.ts";
import type { Settings } from "../services/settings.ts";
import {
  type Address,
  type AddressRange,
  firstOf,
  inRange,
  parseAddress,
  parseRange,
  textOf,
} from "./address-text.ts";

/** The sender of a request, from the connection and trusted proxies. Kept in memory only. */
export interface Client {
  /** Canonical text; `unknown` where no connection is known. */
  address: string;
  /** The key of limits: an IPv4 address, or the /64 of an IPv6 address, which is the least that a subscriber has. */
  readonly subscriber: string;
  /** A number for the /24 of an IPv4 address or the /48 of an IPv6 address; 0 for unknown. Differs from start to start. */
  network: number;
  /** ISO 3166-1 alpha-2, `CN-` and the letters of a mainland province, or `unknown`. */
  region: string;
}

export const UNKNOWN_CLIENT: Client = {
  address: "unknown",
  subscriber: "unknown",
  network: 0,
  region: UNKNOWN_REGION,
};

/** Reads a request header by its lower-case name. */
export type HeaderReader = (name: string) => string | undefined;

export type ProxySettings = Pick<
  Settings,
  "trustProxy" | "trustedProxies" | "clientAddressHeader" | "regionHeader" | "anonymousPerMinute"
>;

/** Headers in which proxies name the client. */
const FORWARDING_HEADERS = [
  "x-forwarded-for",
  "forwarded",
  "x-real-ip",
  "cf-connecting-ip",
  "true-client-ip",
  "x-client-ip",
];
/** A header with more hops, or longer, is read at its end only. */
const MOST_HOPS = 16;
const MOST_CHARACTERS = 2048;
const MOST_PEERS = 1024;

/**
 * The one reader of clients' addresses and regions. A header counts only where a trusted proxy sent it, and only the one
 * header that the settings name: any client can send the others.
 */
export class Clients {
  private readonly ranges: readonly AddressRange[];
  private readonly addressHeader: string;
  private readonly settings: ProxySettings;
  private readonly seed: number;
  private readonly notice: (line: string) => void;
  private noticed = false;
  /** Addresses of connections, which a proxy uses again and again. */
  private readonly peers = new Map<string, { address: Address | undefined; trusted: boolean }>();

  /**
   * @param seed a random number, so that network numbers reveal no address
   * @param notice called once with a line for the operator, when a forwarding header arrives that does not count
   * @throws RangeError where a trusted proxy is no address or range
   */
  constructor(settings: ProxySettings, seed: number, notice: (line: string) => void) {
    this.settings = settings;
    this.ranges = settings.trustedProxies.map(parseRange);
    this.addressHeader = settings.clientAddressHeader ?? "x-forwarded-for";
    this.seed = seed;
    this.notice = notice;
  }

  /**
   * The client of a request.
   * @param peer the address at the other end of the connection; undefined where there is none
   */
  read(peer: string | undefined, header: HeaderReader): Client {
    const { address: from, trusted } = this.peerOf(peer);
    if (!this.noticed) this.notify(from, trusted, header);
    const address = trusted ? this.lastUntrusted(from, header) : from;
    const region = trusted ? this.regionFrom(header) : UNKNOWN_REGION;
    if (address === undefined)
      return region === UNKNOWN_REGION ? UNKNOWN_CLIENT : { ...UNKNOWN_CLIENT, region };
    const { text, bytes } = address;
    return {
      address: text,
      // Computed when a limit asks for it: a scan does not.
      get subscriber() {
        return bytes.length === 4 ? text : textOf(firstOf(bytes, 64));
      },
      network: this.networkOf(bytes),
      region,
    };
  }

  private peerOf(peer: string | undefined): { address: Address | undefined; trusted: boolean } {
    const known = this.peers.get(peer ?? "");
    if (known !== undefined) return known;
    const address = peer === undefined ? undefined : parseAddress(peer);
    // SUYUAN_TRUST_PROXY trusts the sender of each connection, and nobody further away.
    const trusted = this.settings.trustProxy || (address !== undefined && this.isProxy(address));
    if (this.peers.size === MOST_PEERS) this.peers.clear();
    this.peers.set(peer ?? "", { address, trusted });
    return { address, trusted };
  }

  /** Each proxy appends the address that it saw, so the header is read from its end, as far as proxies are trusted. */
  private lastUntrusted(peer: Address | undefined, header: HeaderReader): Address | undefined {
    const hops = hopsOf(this.addressHeader, header(this.addressHeader) ?? "");
    let client = peer;
    for (const hop of hops) {
      const address = parseAddress(hop);
      // A hop that is no address ends what proxies said: the proxy that passed it on is the last known party.
      if (address === undefined) return client;
      client = address;
      if (!this.isProxy(address)) return client;
    }
    return client;
  }

  private isProxy(address: Address): boolean {
    return this.ranges.some((range) => inRange(address, range));
  }

  private regionFrom(header: HeaderReader): string {
    const { regionHeader, trustProxy } = this.settings;
    if (regionHeader !== null) return regionOf(header(regionHeader) ?? "");
    if (!trustProxy) return UNKNOWN_REGION;
    // The setting of before names no header. A proxy sets one of these two: where both come and differ, one is the client's
    // word, and nobody knows which.
    const own = regionOf(header("x-suyuan-region") ?? "");
    const cloudflare = regionOf(`${header("cf-ipcountry") ?? ""}-${header("cf-region-code") ?? ""}`);
    if (header("cf-ipcountry") === undefined) return own;
    if (header("x-suyuan-region") === undefined) return cloudflare;
    return countryOfRegion(own) === countryOfRegion(cloudflare) ? cloudflare : UNKNOWN_REGION;
  }

  private networkOf(bytes: readonly number[]): number {
    const length = bytes.length === 4 ? 3 : 6;
    let hash = this.seed ^ length;
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & 0x7fffffff || 1;
  }

  /** Says once that a header names clients and does not count: all clients behind that proxy look like one. */
  private notify(peer: Address | undefined, trusted: boolean, header: HeaderReader): void {
    if (trusted && header(this.addressHeader) !== undefined) return;
    const sent = [this.addressHeader, ...FORWARDING_HEADERS].find((name) => header(name) !== undefined);
    if (sent === undefined) return;
    this.noticed = true;
    const from = peer?.text ?? "a connection without an address";
    const limit = this.settings.anonymousPerMinute;
    const shared =
      limit === null
        ? "all clients behind it look like one"
        : `all clients behind it share one allowance of ${limit} writes a minute without a key`;
    this.notice(
      trusted
        ? `the trusted proxy ${from} sends ${sent} and not ${this.addressHeader}: ${shared}. ` +
            `Name the header that it sets in SUYUAN_CLIENT_ADDRESS_HEADER`
        : `${from} sent ${sent} and is not a trusted proxy, so the header is ignored: ${shared}. ` +
            `If it is your proxy, name it in SUYUAN_TRUSTED_PROXIES`,
    );
  }
}

/** Makes the reader of a service's clients. @param notice receives a line for the operator, at most once */
export function clientsOf({ settings, platform }: Service, notice: (line: string) => void): Clients {
  const [a = 0, b = 0, c = 0, d = 0] = platform.random(4);
  return new Clients(settings, (a << 24) | (b << 16) | (c << 8) | d, notice);
}

/** The addresses in a header, the last first. `Forwarded` (RFC 7239) has them in its `for` parameters. */
function hopsOf(name: string, value: string): string[] {
  if (value === "") return [];
  const entries = value.slice(-MOST_CHARACTERS).split(",");
  // The cut leaves a part of an entry, which is none.
  if (value.length > MOST_CHARACTERS) entries.shift();
  const hops = entries.slice(-MOST_HOPS).toReversed();
  if (name !== "forwarded") return hops;
  return hops.map((hop) => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(hop)?.[1] ?? "");
}
