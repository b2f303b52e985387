#!/usr/bin/env bash
# Fetches one code's journey with its proofs, and checks it on this machine with nothing but the log's public key.
#   bash examples/verify-offline.sh CODE LOG_VKEY_FILE [FOLDER]
# LOG_VKEY_FILE holds the log's key (the service shows it at /log/vkey). Take it once, from a source you trust.
# SUYUAN_URL names the service. Run it in the project's folder. Needs curl 7.76 or newer.
# Exit code: 0 verified; 1 refused, or no answer; 2 called wrongly.
set -euo pipefail

fail() { echo "verify-offline: $*" >&2; exit "${status:-1}"; }
[ $# -ge 2 ] || status=2 fail 'called with too few words; it takes CODE LOG_VKEY_FILE [FOLDER]'
S=${SUYUAN_URL:-http://127.0.0.1:8080}
CODE=$1 VKEY=$2 FOLDER=${3:-.}
[ -r "$VKEY" ] || status=2 fail "cannot read $VKEY, the file with the log's public key"

mkdir -p "$FOLDER"
BUNDLE=$FOLDER/$CODE.bundle.json
curl -sS --fail-with-body "$S/v1/trace/$CODE/bundle" -o "$BUNDLE.part" ||
  fail "no bundle of $CODE: $(head -c 500 "$BUNDLE.part" 2>/dev/null)"
mv "$BUNDLE.part" "$BUNDLE"

# From here on nothing is asked of the service: the file can be checked on any machine, at any later time.
npm run -s suyuan -- verify "$BUNDLE" --key "@$VKEY"
