# Three images of one source:
#   docker build --target server -t job-tickets/server .
#   docker build --target worker -t job-tickets/worker .
#   docker build --target single -t job-tickets/single .    (everything in one process, kept in a volume)
# TypeScript runs as it is, so nothing is built. test/image runs these very steps in clean folders.
# A team's own job types come on top (docs/deployment.md); `job-tickets`, which they import, is this very folder.
FROM node:24.21.0-bookworm-slim AS worker-packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY client/package.json ./client/package.json
COPY infra/node/package.json ./infra/node/package.json
# Below node_modules Node runs no TypeScript, and nobody reads the maps: a third of all that is installed.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && ln -s .. node_modules/job-tickets \
  && find node_modules -type f '(' -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' ')' -delete

# Only the worker reads PDFs; their reader is a third of what is left. GraphiQL comes in two forms, and only modules ask for it.
FROM worker-packages AS server-packages
RUN rm -r node_modules/pdfjs-dist node_modules/@napi-rs node_modules/@graphql-yoga/render-graphiql/cjs

# Node alone, without npm: nothing in a container installs anything.
FROM debian:12.12-slim AS base
COPY --from=worker-packages /usr/local/bin/node /usr/local/bin/node
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY package.json ./package.json
COPY index.ts ./index.ts
RUN mkdir dist && echo "export * from '../index.ts';" > dist/index.js

FROM base AS server
COPY --from=server-packages /app/node_modules ./node_modules
COPY core ./core
COPY telemetry ./telemetry
COPY runtime ./runtime
COPY jobs ./jobs
COPY schema ./schema
COPY server ./server
COPY dashboard ./dashboard
COPY client ./client
USER 1000:1000
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/main.ts"]

# The Lambda handlers' event loops and the provisioning come along, for wherever there is no AWS: docker-compose.yml.
FROM base AS worker
ENV METRICS_PORT=9464
COPY --from=worker-packages /app/node_modules ./node_modules
COPY core ./core
COPY telemetry ./telemetry
COPY runtime ./runtime
COPY jobs ./jobs
COPY worker ./worker
COPY lambda ./lambda
COPY infra/local ./infra/local
USER 1000:1000
EXPOSE 9464
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "worker/main.ts"]

# One machine and nothing else: docs/single-node.md. `docker run -v job-tickets:/app/data -p 4000:4000 -e AUTH=none …`
FROM base AS single
ENV DATA_DIR=data
COPY --from=worker-packages /app/node_modules ./node_modules
COPY core ./core
COPY telemetry ./telemetry
COPY runtime ./runtime
COPY jobs ./jobs
COPY schema ./schema
COPY server ./server
COPY worker ./worker
COPY lambda ./lambda
COPY dashboard ./dashboard
COPY client ./client
COPY infra/local ./infra/local
COPY start.ts ./start.ts
RUN mkdir data && chown 1000:1000 data
USER 1000:1000
VOLUME /app/data
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "start.ts"]
