/** An owner's jobs by a filter: walks along indexes that cover it, each in order and no longer than the page. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isFinal } from '../../job.ts';
import type { OwnerQuery } from '../jobTable.ts';
import { tagLine } from './tagStatements.ts';
import { textKey } from './textKey.ts';

type Condition = readonly [sql: string, ...values: SQLInputValue[]];

interface Walk {
  readonly from: string;
  readonly conditions: readonly Condition[];
}

export function listOwned(database: DatabaseSync, query: OwnerQuery): readonly string[] {
  const { owner, newestFirst, from, below, beyond, limit } = query;
  const range: readonly Condition[] = [
    ['owner = ?', textKey(owner)],
    ...bound('jobId >= ?', from),
    ...bound('jobId < ?', below),
    ...bound(newestFirst ? 'jobId < ?' : 'jobId > ?', beyond),
  ];
  const found = walksOf(query).flatMap((walk) => {
    const conditions = [...range, ...walk.conditions];
    const where = conditions.map(([sql]) => sql).join(' AND ');
    const statement = database.prepare(
      `SELECT jobId FROM ${walk.from} WHERE ${where} ORDER BY jobId ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
    );
    return statement.all(...conditions.flatMap(([, ...values]) => values), limit).map(({ jobId }) => String(jobId));
  });
  const first = newestFirst ? (a: string, b: string) => (a > b ? -1 : 1) : (a: string, b: string) => (a < b ? -1 : 1);
  return [...new Set(found)].toSorted(first).slice(0, limit);
}

const bound = (sql: string, value: string | undefined): readonly Condition[] => (value === undefined ? [] : [[sql, value]]);

/** The result is the union of all walks. */
function walksOf({ status, type, tags = [], errorCode }: OwnerQuery): readonly Walk[] {
  const ofError = bound('errorCode = ?', errorCode);
  const ofTypes: readonly Condition[] = type === undefined ? [] : [[`type IN (${marks(type)})`, ...type.map(textKey)]];
  const outcomes = status === undefined ? undefined : [...status.filter(isFinal), ...(status.every(isFinal) ? [] : [null])];
  const ofOutcomes: readonly Condition[] =
    outcomes === undefined ? [] : [[`(${outcomes.map(() => 'outcome IS ?').join(' OR ')})`, ...outcomes]];

  // There are few of them at any time, whatever the filter is; the records decide the rest.
  if (status?.every((one) => one === 'PROCESSING') === true) {
    return [{ from: 'jobs INDEXED BY byRunning', conditions: [['running IS NOT NULL'], ...ofTypes, ...ofError] }];
  }
  const [tag, ...others] = tags;
  if (tag !== undefined) {
    const ofTags = others.map((other): Condition => [`instr("all", ?) > 0`, `\n${tagLine(other)}`]);
    return [{ from: 'tags', conditions: [['tag = ?', textKey(tag)], ...ofTags, ...ofTypes, ...ofOutcomes, ...ofError] }];
  }
  if (errorCode !== undefined) return [{ from: 'jobs INDEXED BY byError', conditions: [...ofError, ...ofTypes, ...ofOutcomes] }];
  if (type !== undefined) {
    return type.map((name) => ({ from: 'jobs INDEXED BY byType', conditions: [['type = ?', textKey(name)], ...ofOutcomes] }));
  }
  if (outcomes === undefined) return [{ from: 'jobs INDEXED BY byOwner', conditions: [] }];
  return outcomes.map((outcome) => ({ from: 'jobs INDEXED BY byOutcome', conditions: [['outcome IS ?', outcome]] }));
}

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
