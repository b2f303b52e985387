import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ClientConnection, type Door } from "../../src/node/client-connection.ts";
import type { HttpStream } from "../../src/node/http-stream.ts";
import { RequestDeadlines } from "../../src/node/request-deadlines.ts";

let nowMs: number;
let deadlines: RequestDeadlines;
let server: Server;
let connections: ClientConnection[];
let streams: HttpStream[];

beforeEach(async () => {
  nowMs = 0;
  deadlines = new RequestDeadlines(() => nowMs);
  connections = [];
  streams = [];
  const door: Door = {
    respond: () => undefined,
    mayReport: () => false,
    report: () => undefined,
    answer: (socket, text) => void socket.write(text),
    flush: () => undefined,
    // A server that reads every body and never answers.
    serve: (stream) => void streams.push(stream.resume()),
    deadlines,
    closing: false,
  };
  server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(new ClientConnection(socket, door, 60_000));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterEach(async () => {
  for (const { socket } of connections) socket.destroy();
  await new Promise((closed) => server.close(closed));
});

/** Sends bytes, and resolves when the service has them, with what it answers until it closes. */
async function sent(
  text: string,
): Promise<{ answered: Promise<string>; more: (text: string) => Promise<void> }> {
  const { port } = server.address() as AddressInfo;
  const before = connections.length;
  const socket = connect({ port, host: "127.0.0.1" });
  let received = "";
  socket.setEncoding("utf8").on("data", (part: string) => (received += part));
  const answered = new Promise<string>((closed) => socket.on("close", () => closed(received)));
  await expect.poll(() => connections.length).toBe(before + 1);
  const peer = connections.at(-1)!.socket;
  let length = 0;
  const more = async (bytes: string): Promise<void> => {
    length += bytes.length;
    if (bytes !== "") socket.write(bytes);
    await expect.poll(() => peer.bytesRead).toBe(length);
  };
  await more(text);
  return { answered, more };
}

function after(seconds: number): void {
  nowMs = seconds * 1000;
  deadlines.look();
}

it("a head that is not complete in 10 seconds is answered 408, however often a byte comes", async () => {
  const { answered, more } = await sent("GET / HTTP/1.1\r\n");
  for (let second = 1; second <= 10; second++) {
    after(second);
    await more("X");
  }
  after(10.1);
  expect(await answered).toMatch(/^HTTP\/1\.1 408 [\s\S]*not complete after 10 seconds/);
});

it("a body that is not complete 30 seconds after the head began is answered 408", async () => {
  const { answered, more } = await sent("POST / HTTP/1.1\r\nHost: h\r\n");
  nowMs = 9000;
  await more("Content-Length: 100\r\n\r\n");
  for (let second = 10; second <= 30; second++) {
    after(second);
    await more("x");
  }
  expect(streams).toHaveLength(1);
  after(30.1);
  expect(await answered).toMatch(/^HTTP\/1\.1 408 [\s\S]*not complete after 30 seconds/);
  expect(streams[0]!.destroyed).toBe(true);
});

it("a connection that sends nothing for 10 seconds is closed without an answer", async () => {
  const { answered } = await sent("");
  after(10.1);
  expect(await answered).toBe("");
});

it("a request that arrived whole has no deadline", async () => {
  const { answered } = await sent("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  let closed = false;
  void answered.then(() => (closed = true));
  after(1000);
  await new Promise((turn) => setImmediate(turn));
  expect(closed).toBe(false);
});
