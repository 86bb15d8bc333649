/** The newest jobs of a range with their types and outcomes, which an index holds beside their ids. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { SurveyQuery } from '../jobTable.ts';
import { nameOfKey, textKey } from './textKey.ts';

/** Each as JSON: its id, type and outcome. */
export function surveyOwned(database: DatabaseSync, { owner, from, below, limit }: SurveyQuery): readonly string[] {
  const conditions: readonly (readonly [sql: string, value: SQLInputValue])[] = [
    ...(owner === undefined ? [] : ([['owner = ?', textKey(owner)]] as const)),
    ['jobId >= ?', from ?? ''],
    ['jobId < ?', below ?? '~'],
  ];
  const index = owner === undefined ? '' : ' INDEXED BY byOwner';
  const where = conditions.map(([sql]) => sql).join(' AND ');
  const rows = database.prepare(`SELECT jobId, type, outcome FROM jobs${index} WHERE ${where} ORDER BY jobId DESC LIMIT ?`);
  return rows
    .all(...conditions.map(([, value]) => value), limit)
    .map(({ jobId, type, outcome }) => JSON.stringify([jobId, nameOfKey(String(type)), outcome]));
}
