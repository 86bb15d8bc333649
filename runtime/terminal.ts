/** The output for a person at a terminal: logs in colour, and a welcome that shows addresses and parts. Elsewhere logs are JSON. */
import { styleText } from 'node:util';
import type { Config } from './config.ts';

/** The stream for logs on a terminal; `undefined` where standard output is not one. */
export async function openTerminalLog(): Promise<{ write(line: string): void } | undefined> {
  if (!process.stdout.isTTY) return undefined;
  const { default: pretty } = await import('pino-pretty');
  // Synchronous and in this process, so that the last lines before an end are not lost.
  return pretty({ sync: true, colorize: process.stdout.hasColors(), translateTime: 'SYS:HH:MM:ss', ignore: 'part', singleLine: true });
}

export interface Welcome {
  /** The server's URL, without a path. */
  readonly url: string;
  readonly config: Pick<Config, 'table' | 'objects' | 'endpoints' | 'dataDir' | 's3Buckets' | 'redisUrl' | 'auth' | 'hidesSchema'>;
}

/** Lines for a terminal, in colour where it supports colour. */
export function welcome({ url, config }: Welcome): string {
  const { table, objects, endpoints, dataDir, s3Buckets, redisUrl, auth, hidesSchema } = config;
  const isKept = dataDir !== '';
  const awayAt = (service: string, endpoint: string | undefined): string => `${service} at ${endpoint ?? 'AWS'}`;
  const hasKeys = auth.jwksUrl !== undefined || auth.secret !== undefined;
  const sections = [
    [
      ['Dashboard', styled('cyan', `${url}/`)],
      ...(hidesSchema ? [] : [['GraphiQL', styled('cyan', `${url}/graphql`)]]),
      ['API', `${styled('cyan', `${url}/graphql`)} by HTTP, Server-Sent Events and WebSocket`],
      ['Health', styled('cyan', `${url}/readyz`)],
    ],
    [
      ...(table === 'sqlite'
        ? [['Jobs', isKept ? `kept in ${dataDir}/jobs.sqlite` : 'in memory, gone when this ends']]
        : [
            ['Jobs', awayAt('DynamoDB', endpoints.dynamodb)],
            ['Queues', awayAt('SQS', endpoints.sqs)],
          ]),
      [
        'Files',
        objects === 's3' ? awayAt('S3', endpoints.s3) : isKept ? `${dataDir}/objects/${s3Buckets[0] ?? ''}` : 'gone when this ends',
      ],
      ...(redisUrl === undefined ? [] : [['Feed', `Redis at ${new URL(redisUrl).host}`]]),
      ['Callers', hasKeys ? 'by their tokens' : 'everybody who reaches this address, as one owner'],
    ],
  ];
  const lines = sections.map((rows) => rows.map(([name = '', value = '']) => `  ${styled('dim', name.padEnd(10))} ${value}\n`).join(''));
  return `\n  ${styled('bold', 'Job Tickets is open')}\n\n${lines.join('\n')}\n  ${styled('dim', table === 'sqlite' && !isKept ? 'Ctrl+C ends it, and its jobs with it.' : 'Ctrl+C ends it in order; jobs under way go on at the next start.')}\n\n`;
}

function styled(format: 'bold' | 'dim' | 'cyan', text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
