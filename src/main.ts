import { serve } from "./service-process.ts";

process.exitCode = await serve(process.env);
