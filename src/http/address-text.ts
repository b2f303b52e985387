import ipaddr from "ipaddr.js";

/** An IP address in its one spelling. */
export interface Address {
  /** IPv4 in four decimal parts, IPv6 by RFC 5952. */
  text: string;
  /** 4 or 16 bytes. */
  bytes: readonly number[];
}

/** A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export interface AddressRange {
  bytes: readonly number[];
  prefixBits: number;
}

/** The longest address with brackets, zone and port. */
const MOST_CHARACTERS = 80;

/**
 * Reads an address as proxies write it: with a port (`192.0.2.1:4711`, `[2001:db8::1]:443`), in brackets, with a zone, as an
 * IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), quoted (RFC 7239, 4). IPv4 in octal, hexadecimal or fewer than four parts is
 * none.
 * @returns undefined for any other text
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const bare = text.trim().replace(/^"(.*)"$/, "$1");
  const [, bracketed, port] = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(bare) ?? [];
  if (bracketed !== undefined) return portIsRight(port) ? parseIPv6(bracketed) : undefined;
  const [, plain, plainPort] = /^([0-9.]+)(?::(\d{1,5}))?$/.exec(bare) ?? [];
  if (plain !== undefined) return portIsRight(plainPort) ? parseIPv4(plain) : undefined;
  return parseIPv6(bare);
}

/**
 * Reads an address or a range in CIDR notation (RFC 4632, 3.1).
 * @throws RangeError that says what would be right
 */
export function parseRange(text: string): AddressRange {
  const [, addressText = text, bits] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  const address = /^[0-9a-f:.]+$/i.test(addressText) ? parseAddress(addressText) : undefined;
  if (address === undefined || (address.bytes.length === 4) === addressText.includes(":"))
    throw new RangeError(`${text} is no address or range, such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32`);
  const width = address.bytes.length * 8;
  const prefixBits = bits === undefined ? width : Number(bits);
  if (prefixBits < 1 || prefixBits > width)
    throw new RangeError(
      `${text} must have a prefix of 1 to ${width} bits: a range of everybody trusts everybody`,
    );
  const first = firstOf(address.bytes, prefixBits);
  if (first.some((byte, at) => byte !== address.bytes[at]))
    throw new RangeError(`${text} has bits after its prefix: write ${textOf(first)}/${prefixBits}`);
  return { bytes: address.bytes, prefixBits };
}

/** Whether a range holds an address. */
export function inRange({ bytes }: Address, range: AddressRange): boolean {
  if (bytes.length !== range.bytes.length) return false;
  return firstOf(bytes, range.prefixBits).every((byte, at) => byte === range.bytes[at]);
}

/** The first address of the range of `prefixBits` that an address is in. */
export function firstOf(bytes: readonly number[], prefixBits: number): number[] {
  return bytes.map((byte, at) => {
    const bits = Math.min(8, Math.max(0, prefixBits - 8 * at));
    return byte & (0xff00 >> bits) & 0xff;
  });
}

/** The text of an address of 4 or 16 bytes. */
export function textOf(bytes: readonly number[]): string {
  return ipaddr.fromByteArray([...bytes]).toString();
}

function portIsRight(port: string | undefined): boolean {
  return port === undefined || Number(port) <= 65_535;
}

/** Four decimal parts without leading zeros. By hand: it runs once a scan, and ipaddr.js takes ten times as long. */
function parseIPv4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map(Number);
  if (!parts.every((part, at) => /^(?:0|[1-9]\d{0,2})$/.test(part) && (bytes[at] as number) <= 255))
    return undefined;
  return { text, bytes };
}

function parseIPv6(text: string): Address | undefined {
  const bare = text.replace(/%[0-9A-Za-z_.-]+$/, "");
  if (!bare.includes(":") || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  const plain = address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  return { text: plain.toString(), bytes: plain.toByteArray() };
}
