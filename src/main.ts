import { serveUntilSignal } from "./serve.ts";

process.exitCode = await serveUntilSignal(process.env);
