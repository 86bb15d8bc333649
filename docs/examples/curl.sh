#!/bin/sh
# Hands in a job with curl, and watches it over Server-Sent Events until it has ended.
#   sh docs/examples/curl.sh [http://127.0.0.1:4000]
set -eu
api="${1:-http://127.0.0.1:4000}/graphql"

# The same key gives the same job: when the answer is lost, send it again.
answer=$(curl -sS "$api" -H 'content-type: application/json' -H "idempotency-key: ${KEY:-curl-$(date +%s)}" -d '{
  "query": "mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId status } } }",
  "variables": { "input": { "type": "simulate_work", "params": { "durationMs": 500 } } }
}')
echo "$answer"
job=$(echo "$answer" | sed -n 's/.*"jobId":"\([^"]*\)".*/\1/p')

# One event a change. The stream ends after the final one; after a lost connection, ask again with afterVersion.
curl -sSN "$api" -H 'content-type: application/json' -H 'accept: text/event-stream' -d '{
  "query": "subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId, afterVersion: 0) { version status } }",
  "variables": { "jobId": "'"$job"'" }
}'

# What came of it.
curl -sS "$api" -H 'content-type: application/json' -d '{
  "query": "query ($jobId: ID!) { job(jobId: $jobId) { status result } }",
  "variables": { "jobId": "'"$job"'" }
}'
echo
