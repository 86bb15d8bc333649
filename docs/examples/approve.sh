# Hands in an order and approves it: JOBS=./docs/examples/orders/index.ts npm start, then
#   sh docs/examples/approve.sh [http://127.0.0.1:4000]
set -eu
api="${1:-http://127.0.0.1:4000}/graphql"
ask() { curl -sS "$api" -H 'content-type: application/json' -d "$1"; }

created=$(ask '{"query":"mutation { createJob(input: { type: \"fulfil_order\", params: { orderId: \"order-1\", amount: 99.5 } }) { job { jobId } } }"}')
job=$(echo "$created" | sed 's/.*"jobId":"\([^"]*\)".*/\1/')

ask "{\"query\":\"mutation { sendSignal(input: { jobId: \\\"$job\\\", name: \\\"approval\\\", payload: { isApproved: true, by: \\\"Ada\\\" } }) { job { status waitingReason } } }\"}"
echo
ask "{\"query\":\"{ waitForJob(jobId: \\\"$job\\\", timeoutSeconds: 30) { status result steps { name finishedAt } } }\"}"
echo
