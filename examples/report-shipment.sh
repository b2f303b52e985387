#!/usr/bin/env bash
# Reports one shipment: activates a run of a batch, packs it into a carton, and ships the carton to another enterprise.
#   SUYUAN_KEY=… bash examples/report-shipment.sh BATCH_ID FIRST LAST CARTON TO_ENTERPRISE_ID BILL_OF_LADING
# FIRST and LAST are positions in the codes' CSV, both included. CARTON is sscc:…, container:… or lpn:….
# SUYUAN_URL names the service. Needs curl 7.76 or newer and jq.
set -euo pipefail

fail() { echo "report-shipment: $*" >&2; exit 1; }
[ $# -eq 6 ] || fail 'called wrongly; it takes BATCH_ID FIRST LAST CARTON TO_ENTERPRISE_ID BILL_OF_LADING'
S=${SUYUAN_URL:-http://127.0.0.1:8080}
KEY=${SUYUAN_KEY:?set SUYUAN_KEY to the API key of the enterprise that holds the goods}

EVENTS=$(jq -n --arg batch "$1" --argjson first "$2" --argjson last "$3" --arg carton "$4" --arg to "$5" --arg bill "$6" '
  (now | todate) as $at | {batch: $batch, first: $first, last: $last} as $goods | {events: [
    {kind: "commissioning", at: $at, subjects: [$goods]},
    {kind: "packing", at: $at, subjects: [$goods], into: $carton},
    {kind: "shipping", at: $at, subjects: [{unit: $carton}], to: $to, documents: [{type: "bol", number: $bill}]}]}')

# The key is new for each run; curl repeats the same request with it, so a lost answer never reports twice.
IDEMPOTENCY_KEY="shipment-$6-$(date +%s)-$$"
ANSWER=$(curl -sS --fail-with-body --retry 5 --retry-connrefused "$S/v1/events" -H "Authorization: Bearer $KEY" \
  -H 'Content-Type: application/json' -H "Idempotency-Key: $IDEMPOTENCY_KEY" -d "$EVENTS") || {
  # The refusal names the fields, or the rule of custody and the event that it contradicts.
  jq . <<<"$ANSWER" >&2
  fail 'nothing was recorded'
}
jq -r '.events[] | "record \(.index): \(.kind) \(.id)"' <<<"$ANSWER"
