# The emulators of docker-compose.yml that keep something: as nobody in particular, on a volume that is theirs.
FROM amazon/dynamodb-local:2.5.2 AS dynamodb
USER root
RUN mkdir /data && chown dynamodblocal /data
USER dynamodblocal

FROM node:24.21.0-bookworm-slim AS s3
RUN npm install --global --ignore-scripts --no-audit --no-fund fauxqs@2.4.1 && mkdir /data && chown 1000:1000 /data
ENV FAUXQS_PERSISTENCE=true FAUXQS_DATA_DIR=/data
USER 1000:1000
EXPOSE 4566
HEALTHCHECK --interval=2s --timeout=3s --retries=30 CMD ["node", "-e", "fetch('http://127.0.0.1:4566/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["fauxqs"]
