import { existsSync } from "node:fs";

/** Where Debian puts the sources of golang-golang-x-mod-dev. */
export const GOPATH = "/usr/share/gocode";

/** The Go compiler; undefined where it or the transparency-log packages are not installed, and this says so. */
export const GO = existsSync(`${GOPATH}/src/golang.org/x/mod/sumdb/tlog`)
  ? ["/usr/bin/go", "/usr/local/go/bin/go"].find(existsSync)
  : undefined;
if (GO === undefined)
  console.log("skipped: Go's verifier (apt-get install golang-go golang-golang-x-mod-dev)");
