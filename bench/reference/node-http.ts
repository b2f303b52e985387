import { createServer } from "node:http";
import { parseArgs } from "node:util";

/** Reference (a): bare node:http, a constant JSON body of `--bytes` bytes whatever is asked. */
const { values } = parseArgs({ options: { bytes: { type: "string", default: "512" } } });
const body = JSON.stringify({ body: "x".repeat(Math.max(0, Number(values.bytes) - '{"body":""}'.length)) });
const headers = {
  "Content-Type": "application/json; charset=utf-8",
  "Content-Length": Buffer.byteLength(body),
};

const server = createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object")
    console.log(`listening at http://127.0.0.1:${address.port}`);
});
process.on("SIGTERM", () => process.exit(0));
