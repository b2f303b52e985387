#!/usr/bin/env bash
# The first hour of an exporter: file, order codes, ship two cartons on a pallet, scan, trace, verify offline.
# Needs curl 7.76 or newer, jq, and a running service (`npm start` in the project's folder, in another terminal).
# Run it in the project's folder: bash examples/first-hour.sh
# SUYUAN_URL and SUYUAN_DATA name another service and its data folder. It can be run again: each run files new companies.
set -euo pipefail

S=${SUYUAN_URL:-http://127.0.0.1:8080}
KEY_FILE=${SUYUAN_DATA:-data}/keys/operator.key
RUN=$(date +%s)
OUT=$(mktemp -d)
APPROVE='{"decision":"approve"}'

fail() { echo "first-hour: $*" >&2; exit 1; }
for tool in curl jq; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done
[ -r "$KEY_FILE" ] || fail "cannot read $KEY_FILE: start the service with npm start, and run this in the project's folder"
curl -sS "$S/v1/log" -o /dev/null || fail "no service answers at $S: start it with npm start"

# send KEY METHOD PATH [JSON]: prints the answer; a refusal is shown and ends the script.
send() {
  local answer
  answer=$(curl -sS --fail-with-body -X "$2" "$S/v1$3" -H "Authorization: Bearer $1" \
    ${4+-H 'Content-Type: application/json' -d "$4"}) || fail "$2 $3 was refused: $answer"
  printf '%s\n' "$answer"
}

step() { printf '\n%s\n' "$*"; }

step '1. The operator registers the authority. Two enterprises file themselves; the authority approves them.'
OPERATOR=$(cat "$KEY_FILE")
OFFICER=$(send "$OPERATOR" POST /organisations '{"role":"authority","names":{"en":"Example Customs"},
  "identity":{"scheme":"national","value":"C-'"$RUN"'"},"country":"HK"}' | jq -r .apiKey.secret)

# file NAME NUMBER COUNTRY: an enterprise files itself, which takes no key. Sets ID and KEY.
file() {
  local body answer
  body=$(jq -n --arg name "$1" --arg number "$2-$RUN" --arg country "$3" \
    '{names: {en: $name}, identity: {scheme: "national", value: $number}, country: $country}')
  answer=$(curl -sS --fail-with-body "$S/v1/enterprises" -H 'Content-Type: application/json' -d "$body") ||
    fail "$1 could not be filed: $answer"
  ID=$(jq -r .organisation.id <<<"$answer")
  KEY=$(jq -r .apiKey.secret <<<"$answer")
  send "$OFFICER" POST "/enterprises/$ID/decision" "$APPROVE" | jq -r '"   \(.names.en): \(.status)"'
}
file 'Kauri Dairy' E NZ
EXPORTER=$KEY EXPORTER_ID=$ID
file 'Bay Imports' I HK
IMPORTER=$KEY IMPORTER_ID=$ID

step '2. The exporter files its goods and orders a thousand codes for one lot.'
PRODUCT=$(send "$EXPORTER" POST /products '{"names":{"en":"Infant formula, stage 3","zh":"幼儿配方奶粉"},
  "gtin":"9520001000010","category":"food","originCountry":"NZ"}' | jq -r .id)
send "$OFFICER" POST "/products/$PRODUCT/decision" "$APPROVE" | jq -r '"   goods: \(.status)"'
ORDER=$(jq -n --arg product "$PRODUCT" '{product: $product, quantity: 1000, lot: "L1", tradeMode: "0110",
  productionDate: (now - 30 * 86400 | strftime("%Y-%m-%d")), expiryDate: (now + 700 * 86400 | strftime("%Y-%m-%d")),
  declaredValue: {amount: "24000.00", currency: "USD"}}')
BATCH=$(send "$EXPORTER" POST /batches "$ORDER" | jq -r .id)
send "$OFFICER" POST "/batches/$BATCH/decision" "$APPROVE" | jq -r '"   order: \(.status)"'

step '3. When the batch is ready: the codes as CSV, and a sheet of labels.'
for try in $(seq 60); do
  sleep 1
  STATUS=$(send "$EXPORTER" GET "/batches/$BATCH" | jq -r .status)
  [ "$STATUS" != ready ] || break
done
[ "$STATUS" = ready ] || fail "batch $BATCH is still $STATUS after $try s"
for file in 'codes?format=csv' 'labels?format=pdf&first=0&last=20'; do
  curl -sS --fail-with-body "$S/v1/batches/$BATCH/$file" -H "Authorization: Bearer $EXPORTER" -o "$OUT/${file%%\?*}" ||
    fail "could not fetch $file: $(cat "$OUT/${file%%\?*}")"
done
mv "$OUT/codes" "$OUT/codes.csv"
mv "$OUT/labels" "$OUT/labels.pdf"
echo "   $OUT/codes.csv: $(($(wc -l <"$OUT/codes.csv") - 1)) codes; $OUT/labels.pdf"
CODE=$(sed -n 2p "$OUT/codes.csv" | cut -d, -f2)

step '4. Two cartons of 24 onto one pallet, the pallet to the importer: one call, all or none. The importer accepts it.'
SHIPMENT=$(jq -n --arg batch "$BATCH" --arg to "$IMPORTER_ID" '(now | todate) as $at | {events: [
  {kind: "commissioning", at: $at, subjects: [{batch: $batch}]},
  {kind: "packing", at: $at, subjects: [{batch: $batch, first: 0, last: 23}], into: "lpn:\($batch)-1"},
  {kind: "packing", at: $at, subjects: [{batch: $batch, first: 24, last: 47}], into: "lpn:\($batch)-2"},
  {kind: "packing", at: $at, subjects: [{unit: "lpn:\($batch)-1"}, {unit: "lpn:\($batch)-2"}], into: "lpn:\($batch)-P"},
  {kind: "shipping", at: $at, subjects: [{unit: "lpn:\($batch)-P"}], to: $to,
   documents: [{type: "bol", number: "BL-4711"}]}]}')
send "$EXPORTER" POST /events "$SHIPMENT" | jq -r '.events[] | "   record \(.index): \(.kind)"'
ACCEPTANCE=$(jq -n --arg pallet "lpn:$EXPORTER_ID/$BATCH-P" \
  '{events: [{kind: "accepting", at: (now | todate), subjects: [{unit: $pallet}]}]}')
send "$IMPORTER" POST /events "$ACCEPTANCE" | jq -r '.events[] | "   record \(.index): \(.kind)"'

step "5. A consumer scans code $CODE."
curl -sS "$S/v1/scan/$CODE" | jq -r '"   \(.verdict): \(.product.name.en), lot \(.batch.lot), scanned \(.scans.count) time(s)"'
echo "   its page: $S/T/$CODE"

step '6. Its journey, as anybody may see it.'
curl -sS "$S/v1/trace/$CODE" | jq -r '.steps[] | "   \(.at)  \(.kind), \(.by.name.en)"'

step '7. Anybody checks it offline, with nothing but the file and the public key of the log.'
curl -sS --fail-with-body "$S/v1/trace/$CODE/bundle" -o "$OUT/journey.json" || fail "no bundle: $(cat "$OUT/journey.json")"
curl -sS --fail-with-body "$S/log/vkey" -o "$OUT/log.vkey" || fail "no key: $(cat "$OUT/log.vkey")"
npm run -s suyuan -- verify "$OUT/journey.json" --key "@$OUT/log.vkey"
