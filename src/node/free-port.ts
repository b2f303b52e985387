import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * A port that is free now. Another process may take it before the caller listens: then listening fails with EADDRINUSE.
 * @throws Node's error where nothing can listen at the address
 */
export async function freePort(address: string): Promise<number> {
  const server = createServer();
  server.listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
