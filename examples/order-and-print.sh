#!/usr/bin/env bash
# Orders codes for one lot of filed and approved goods, waits until they are made, and fetches the printer's files.
#   SUYUAN_KEY=… bash examples/order-and-print.sh PRODUCT_ID QUANTITY LOT [FOLDER]
# Writes FOLDER/codes.csv (position, code, link) and FOLDER/labels.zpl (a label printer's language, 300 dpi).
# SUYUAN_URL names the service. Needs curl 7.76 or newer and jq.
# The dates, trade mode and value below are an example: put your own there.
set -euo pipefail

fail() { echo "order-and-print: $*" >&2; exit 1; }
[ $# -ge 3 ] || fail 'called with too few words; it takes PRODUCT_ID QUANTITY LOT [FOLDER]'
S=${SUYUAN_URL:-http://127.0.0.1:8080}
KEY=${SUYUAN_KEY:?set SUYUAN_KEY to the API key of the enterprise that filed the goods}
PRODUCT=$1 QUANTITY=$2 LOT=$3 FOLDER=${4:-.}
WAIT_S=${WAIT_S:-600}

# The order is kept in FOLDER/order.json. A second run sends the same bytes under the same key, and so never orders twice.
mkdir -p "$FOLDER"
[ -s "$FOLDER/order.json" ] || jq -n --arg product "$PRODUCT" --argjson quantity "$QUANTITY" --arg lot "$LOT" '{
  product: $product, quantity: $quantity, lot: $lot, tradeMode: "0110",
  productionDate: (now - 86400 | strftime("%Y-%m-%d")), expiryDate: (now + 365 * 86400 | strftime("%Y-%m-%d")),
  declaredValue: {amount: "24000.00", currency: "USD"}}' >"$FOLDER/order.json" ||
  fail "QUANTITY must be a number, not $QUANTITY"
ANSWER=$(curl -sS --fail-with-body --retry 3 "$S/v1/batches" -H "Authorization: Bearer $KEY" \
  -H 'Content-Type: application/json' -H "Idempotency-Key: order-$PRODUCT-$LOT" -d "@$FOLDER/order.json") ||
  fail "the order was refused: $ANSWER"
BATCH=$(jq -r .id <<<"$ANSWER")
echo "ordered $QUANTITY codes: batch $BATCH"

# The authority approves, then the codes are made.
STATUS=
for ((waited = 0; waited < WAIT_S; waited++)); do
  ANSWER=$(curl -sS --fail-with-body --retry 3 "$S/v1/batches/$BATCH" -H "Authorization: Bearer $KEY") ||
    fail "batch $BATCH cannot be read: $ANSWER"
  STATUS=$(jq -r .status <<<"$ANSWER")
  case $STATUS in
    ready) break ;;
    declined) fail "the authority declined the order: $(jq -r .reason <<<"$ANSWER")" ;;
    closed) fail "batch $BATCH is closed" ;;
  esac
  sleep 1
done
[ "$STATUS" = ready ] || fail "batch $BATCH is still $STATUS after $WAIT_S s; run this again later"

# fetch PATH FILE: a file that is cut off or refused never gets its final name.
fetch() {
  curl -sS --fail-with-body "$S/v1/batches/$BATCH/$1" -H "Authorization: Bearer $KEY" -o "$2.part" ||
    fail "$1 could not be fetched: $(head -c 500 "$2.part" 2>/dev/null)"
  mv "$2.part" "$2"
}
fetch 'codes?format=csv' "$FOLDER/codes.csv"
fetch 'labels?format=zpl&dpi=300' "$FOLDER/labels.zpl"
LINES=$(($(wc -l <"$FOLDER/codes.csv") - 1))
[ "$LINES" -eq "$QUANTITY" ] || fail "$FOLDER/codes.csv has $LINES codes, not $QUANTITY"
echo "$FOLDER/codes.csv: $LINES codes; $FOLDER/labels.zpl: $(grep -c '\^XZ' "$FOLDER/labels.zpl") labels"
