import { StoreRefused } from "../store/binding.ts";
import { descriptorAdvice, lacksDescriptors } from "./descriptors.ts";

/** One line for a failure that the operator can fix; any other error is a bug and keeps its stack. */
export function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall, port, address } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  if (lacksDescriptors(error)) return `${descriptorAdvice()} (${error.message})`;
  if (code === "EADDRINUSE")
    return `${address}:${port} is in use: stop what listens there, or set another port (SUYUAN_PORT, --port)`;
  if (syscall === "listen" || syscall === "getaddrinfo")
    return `cannot listen (${error.message}): set another address (SUYUAN_ADDRESS, --address)`;
  if (error instanceof StoreRefused || error instanceof RangeError || code !== undefined)
    return error.message;
  return error.stack ?? error.message;
}
