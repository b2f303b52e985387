import type { ExampleRequest } from "../examples/request.ts";

/**
 * A request as a command for bash. `$S` is the service's address, and each party's API key is in a variable.
 */
export function curlOf(request: ExampleRequest): string {
  const { method, target, keyVariable, headers, body } = request;
  const implied = body === undefined ? "GET" : "POST";
  const parts = [
    `curl -s ${method === implied ? "" : `-X ${method} `}"$S${target}"`,
    ...(keyVariable === undefined ? [] : [`-H "Authorization: Bearer $${keyVariable}"`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [dataOf(headers["Content-Type"], body)]),
  ];
  return parts.join(" \\\n  ");
}

/** `-d` would drop line ends of a file. */
function dataOf(mediaType: string | undefined, body: string): string {
  if (mediaType !== "application/json") return `--data-binary ${quoted(body)}`;
  return `-d ${quoted(layOut(JSON.parse(body), "  "))}`;
}

/** A word for bash: in single quotes nothing but a single quote has a meaning. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const LINE = 96;

/** JSON over several lines, with what fits into one line in one line. */
export function layOut(value: unknown, indent = ""): string {
  const short = spaced(value);
  if (indent.length + short.length <= LINE || typeof value !== "object" || value === null) return short;
  const deeper = `${indent}  `;
  const members = Array.isArray(value)
    ? value.map((one) => layOut(one, deeper))
    : Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${layOut(member, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${members.map((member) => deeper + member).join(",\n")}\n${indent}${close}`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
