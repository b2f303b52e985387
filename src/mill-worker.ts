import { parentPort } from "node:worker_threads";
import { blocksOf, type Run } from "./mill.node.ts";

/** A thread of the mill (mill.node.ts): a run comes, its blocks' roots go back. */
parentPort?.on("message", (run: Run) => parentPort?.postMessage(blocksOf(run)));
