/** docs/errors.md: every code that a client or a job may meet, and when the next attempt comes. */
import { backoffMs } from '../core/backoff.ts';
import { closeCatalogue, errorCatalogue, refusalCatalogue } from '../core/errors.ts';
import { failureCatalogue } from '../core/failures.ts';
import { parseConfig } from '../runtime/config.ts';
import { document, table } from './markdown.ts';

export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(([code, { message, whatToDo }]) => [`\`${code}\``, message, whatToDo]);
  const refusals = Object.entries(refusalCatalogue).map(([code, { status, message, whatToDo }]) => [
    `\`${code}\``,
    status,
    message,
    whatToDo,
  ]);
  const closes = Object.entries(closeCatalogue).map(([code, { why, whatToDo }]) => [code, why, whatToDo]);
  const failures = Object.entries(failureCatalogue).map(([code, meaning]) => [`\`${code}\``, meaning]);
  return document(
    'Errors',
    'Generated from `core/errors.ts` and `core/failures.ts`. An error’s code stands in `extensions.code`, what to do in `extensions.whatToDo`.',
    [
      table(['code', 'it says', 'what to do'], rows),
      '## Refusals',
      '',
      'What never became an operation, and what is masked. Over WebSocket the same codes come without a status. Where there are two:',
      'as the GraphQL over HTTP specification has it, a document that cannot be read, does not fit the schema or is too costly is 200',
      'with `application/json`, and 400 with `application/graphql-response+json`.',
      '',
      table(['code', 'HTTP status', 'it says', 'what to do'], refusals),
      'Anything unexpected is answered as `INTERNAL_SERVER_ERROR` without detail; `extensions.traceId` finds it in the logs.',
      '',
      '## How a WebSocket is closed',
      '',
      table(['code', 'why', 'what to do'], closes),
      '## Why a job failed',
      '',
      '`Job.error.code`, and the code of each failed attempt in `Job.attemptRuns`.',
      '',
      table(['code', 'meaning'], failures),
      ...timeline(),
    ],
  );
}

/** As the settings are by default. */
function timeline(): readonly string[] {
  const { attemptsPerReceive, maxReceiveCount, backoffBaseMs: baseMs, backoffMaxMs: maxMs } = parseConfig({});
  const attempts = attemptsPerReceive * maxReceiveCount;
  const seconds = (failures: number, random: number): number => backoffMs({ baseMs, maxMs }, failures, () => random) / 1000;
  const waits = Array.from({ length: attempts - 1 }, (_, index) => index + 1);
  const total = (random: number): number => Math.round(waits.reduce((sum, failures) => sum + seconds(failures, random), 0));
  return [
    '## When an attempt fails',
    '',
    `By default a job has ${attempts} attempts: ${maxReceiveCount} receives of its message (MAX_RECEIVE_COUNT), with ${attemptsPerReceive} attempts each`,
    '(ATTEMPTS_PER_RECEIVE, or `attemptsPerReceive` of its type). Each wait is twice the one before (BACKOFF_BASE_MS, at most BACKOFF_MAX_MS), and half of it is',
    'random, so that jobs that failed together do not come back together.',
    '',
    table(
      ['after failed attempt', 'the next one comes after'],
      waits.map((failures) => [String(failures), `${seconds(failures, 0)} to ${seconds(failures, 1)} s`]),
    ),
    `After attempt ${attempts} the job is FAILED_FINAL. So a job that never succeeds has ended after ${total(0)} to ${total(1)} s, beside the time that its attempts take`,
    'and that a free worker takes to come by. An attempt that a stop of the worker cut off does not count.',
  ];
}
