import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A server that does nothing but answer: what an attack on it makes others wait is the machine's, not the service's.
 * `node tests/hostile/bystander.ts` prints its port, and ends with its input.
 */
const server = createServer((request, response) => {
  request.resume().once("end", () => response.end("nothing\n"));
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.on("end", () => process.exit()).resume();
