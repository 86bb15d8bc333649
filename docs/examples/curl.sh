#!/bin/sh
# Hands in a job with curl, and watches it over Server-Sent Events until it has ended, across restarts of the server.
#   sh docs/examples/curl.sh [http://127.0.0.1:4000]
set -eu
api="${1:-http://127.0.0.1:4000}/graphql"

# The same key gives the same job: when the answer is lost, send it again.
answer=$(curl -sS "$api" -H 'content-type: application/json' -H "idempotency-key: ${KEY:-curl-$(date +%s)}" -d '{
  "query": "mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId status } } }",
  "variables": { "input": { "type": "simulate_work", "params": { "durationMs": 1500 } } }
}')
echo "$answer"
job=$(echo "$answer" | sed -n 's/.*"jobId":"\([^"]*\)".*/\1/p')

# One event a change. A stream that ends without `complete` is asked for again, from the last event on.
stream=$(mktemp)
trap 'rm -f "$stream"' EXIT
last=
until grep -q '^event: complete' "$stream"; do
  curl -fsSN "$api" -H 'content-type: application/json' -H 'accept: text/event-stream' ${last:+-H "last-event-id: $last"} -d '{
    "query": "subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId, afterVersion: 0) { version status } }",
    "variables": { "jobId": "'"$job"'" }
  }' | tee "$stream" || true
  seen=$(sed -n 's/^id: //p' "$stream" | tail -n 1)
  last=${seen:-$last}
  grep -q '^event: complete' "$stream" || sleep 1
done

# What came of it.
curl -sS "$api" -H 'content-type: application/json' -d '{
  "query": "query ($jobId: ID!) { job(jobId: $jobId) { status result } }",
  "variables": { "jobId": "'"$job"'" }
}'
echo
