#!/usr/bin/env node
// The `suyuan` command. JavaScript, because it must run on a Node that is too old for the rest, and before any build.
"use strict";
const { spawn } = require("child_process");
const { existsSync, readdirSync, statSync } = require("fs");
const path = require("path");

/** better-sqlite3 is compiled for this version of Node-API (Node 22.14, 23.6 and newer), and crashes an older Node. */
const NODE_API = 10;
const FORWARDED = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);
const ROOT = path.dirname(__dirname);
const BUILT = path.join(ROOT, "dist", "suyuan.js");
const SOURCE = path.join(ROOT, "src");

// Without a listener, Node opens its debugger at SIGUSR1: anybody who may send signals could then run code here.
process.on("SIGUSR1", () => undefined);

const entry = program();
if (Number(process.versions.napi) >= NODE_API && (entry.endsWith(".js") || process.features.typescript))
  void import(entry);
else runOnOwnNode();

/** dist/, unless a checkout has no build or has changed since: then src/, so that an old build never runs unnoticed. */
function program() {
  const fresh = existsSync(BUILT) && (!existsSync(SOURCE) || newest() <= statSync(BUILT).mtimeMs);
  return fresh ? "../dist/suyuan.js" : "../src/cli/main.ts";
}

/** When something that the build reads was last changed, in milliseconds since 1970. */
function newest() {
  const files = readdirSync(SOURCE, { recursive: true }).map((name) => path.join(SOURCE, String(name)));
  return Math.max(...[...files, path.join(ROOT, "package-lock.json")].map((file) => statSync(file).mtimeMs));
}

/** Runs this file again on the Node 24 that came as an optional dependency, and ends as that does. */
function runOnOwnNode() {
  const node = ownNode();
  if (node === undefined) return refuse();
  const child = spawn(node, [...process.execArgv, __filename, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  child.once("error", refuse);
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.once("exit", (code, signal) => {
    for (const forwarded of FORWARDED) process.removeAllListeners(forwarded);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}

/** Its path; undefined on a system that none exists for, and where optional dependencies were left out. */
function ownNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  try {
    const manifest = require.resolve(`node-${platform}-${process.arch}/package.json`, { paths: [ROOT] });
    return path.join(path.dirname(manifest), require(manifest).bin.node);
  } catch {
    return undefined;
  }
}

function refuse() {
  console.error(
    `suyuan: Node ${process.versions.node} is too old: install Node 24 or another of ` +
      `${require("../package.json").engines.node} (https://nodejs.org), and run this again`,
  );
  process.exit(1);
}
