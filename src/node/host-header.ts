/** RFC 3986, 3.2.2, without percent-encoding: a name, an IPv4 address, or an IPv6 address in brackets; then a port. */
const HOST = /^([0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/;
const MAX_LENGTH = 255 + ":65535".length;
const MAX_PORT = 65_535;

/** The Host of the last request: most requests name the same one. */
let lastText = "";
let lastValid = false;

/**
 * Whether the value of a Host header (RFC 9112, 3.2) is a host that every URL parser reads alike. Parsers take a name whose
 * last label is a number for an IPv4 address, so `1.2.3.4.5` and `09` are none.
 */
export function isHost(text: string): boolean {
  if (text === lastText) return lastValid;
  const valid = check(text);
  lastText = text;
  lastValid = valid;
  return valid;
}

function check(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  const [, name, port] = HOST.exec(text) ?? [];
  if (name === undefined || Number(port ?? 0) > MAX_PORT) return false;
  return URL.parse(`http://${name}/`)?.hostname === name.toLowerCase();
}
