// JavaScript, as service-process.js is, and for its reason.
import { serve } from "./service-process.js";

process.exitCode = await serve(process.env);
