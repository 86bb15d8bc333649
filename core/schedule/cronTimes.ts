/**
 * The times of a cron expression in a time zone, where its clocks change too:
 * - a time that does not exist comes once, after the gap;
 * - a time that comes twice counts at its first occurrence;
 * - what has any hour (`30 * * * *`), or any minute or second of some hours (every 10 minutes from 8 to 18), comes in both
 *   passes.
 */
import { Cron } from 'croner';
import { badInput } from '../text.ts';

/** In milliseconds since the epoch. */
export interface Times {
  /** The first one later than that. */
  after(at: number): number | undefined;
  /** The newest times up to then, that moment included; newest first. */
  upTo(at: number, count: number): readonly number[];
}

export const maxCronLength = 200;

/** @throws {JobError} `BAD_USER_INPUT` for an expression that cannot be read, or that has no times. */
export function cronTimes(cron: string, timeZone: string): Times {
  const key = JSON.stringify([cron, timeZone]);
  const known = cache.get(key) ?? readTimes(cron, timeZone);
  // The least recently used one is dropped first.
  cache.delete(key);
  cache.set(key, known);
  for (const oldest of cache.keys()) {
    if (cache.size <= maxCached) break;
    cache.delete(oldest);
  }
  return known;
}

const cache = new Map<string, Times>();
const maxCached = 500;

function readTimes(cron: string, timeZone: string): Times {
  requireTimeZone(timeZone);
  const [first, ...others] = expressionsOf(cron).map((expression) => parsed(expression, timeZone));
  if (first === undefined) throw badInput('is empty', ['cron']);
  const all = [first, ...others];
  return {
    after: (at) => earliest(all.map((times) => times.nextRun(new Date(at))?.getTime())),
    upTo(at, count) {
      const found = all.flatMap((times) => times.previousRuns(count, new Date(at + 1)).map((time) => time.getTime()));
      return [...new Set(found)]
        .filter((time) => time <= at)
        .toSorted((a, b) => b - a)
        .slice(0, count);
    },
  };
}

/** @throws {JobError} `BAD_USER_INPUT` for a zone that is not of the IANA database. */
export function requireTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw badInput('is no time zone of the IANA database, such as Europe/Berlin', ['timeZone']);
  }
}

function parsed(expression: string, timezone: string): Cron {
  try {
    return new Cron(expression, { timezone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '').replace(/\.$/, '') : 'not valid';
    throw badInput(`is no cron expression of 5 or 6 fields (${reason})`, ['cron']);
  }
}

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * The times of an expression are those of all the expressions that this returns. One with lists in place of `*` and steps has
 * fixed times: they come once, also after a gap. One that runs every hour, or every minute of some hours, has the times of both
 * passes.
 */
function expressionsOf(cron: string): readonly string[] {
  const text = cron.trim();
  const fields = (nicknames[text.toLowerCase()] ?? text).split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) throw badInput('has 5 or 6 fields, or is a name such as @daily', ['cron']);
  // In some dialects `?` stands for the present moment, so the times would differ at each reading.
  if (fields.some((field) => field.includes('?'))) throw badInput('holds a `?`: write `*`', ['cron']);
  const [second, minute, hour, ...days] = fields.length === 5 ? ['0', ...fields] : fields;
  const [seconds, minutes, hours] = [valuesOf(second, 60), valuesOf(minute, 60), valuesOf(hour, 24)];
  const asWritten = [second, minute, hour, ...days].join(' ');
  // An expression that cannot be read is refused by the parser.
  if (seconds === undefined || minutes === undefined || hours === undefined) return [asWritten];
  if (hours.length === 24) return [[second, minute, '*', ...days].join(' ')];
  const fixed = [seconds.join(), minutes.join(), hours.join(), ...days].join(' ');
  return isOpen(second) || isOpen(minute) ? [[second, minute, hours.join(), ...days].join(' '), fixed] : [fixed];
}

const isOpen = (field: string | undefined): boolean => field?.includes('*') === true || field?.includes('/') === true;

/** Undefined where it does not consist of numbers, ranges and steps within the bound. */
function valuesOf(field: string | undefined, bound: number): readonly number[] | undefined {
  const values = new Set<number>();
  for (const part of field?.split(',') ?? []) {
    const match = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [, any, low, high, step] = match;
    // A step applies to a range.
    if (any === undefined && high === undefined && step !== undefined) return undefined;
    const from = any === undefined ? Number(low) : 0;
    const to = any === undefined ? Number(high ?? low) : bound - 1;
    const by = Number(step ?? 1);
    if (from > to || to >= bound || by < 1 || by > bound) return undefined;
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const found = times.filter((time) => time !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}
