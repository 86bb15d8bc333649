/** The rows of tags, written with their record in one transaction. */
import type { DatabaseSync } from 'node:sqlite';
import type { Row } from './operations.ts';
import { textKey } from './textKey.ts';

export interface TagWrites {
  create(row: Row): void;
  /** The columns that lists use besides the tag. */
  change(row: Row): void;
  /** The tags of the records that `expire` deletes next: the same records, and as many. */
  expire(nowSeconds: number, limit: number): void;
}

export function createTagWrites(database: DatabaseSync): TagWrites {
  const insert = database.prepare('INSERT INTO tags (owner, tag, jobId, type, outcome, errorCode, "all") VALUES (?, ?, ?, ?, ?, ?, ?)');
  const update = database.prepare('UPDATE tags SET outcome = ?, errorCode = ? WHERE owner = ? AND tag = ? AND jobId = ?');
  const expire = database.prepare(
    'DELETE FROM tags WHERE jobId IN (SELECT jobId FROM jobs WHERE id IN (SELECT id FROM jobs WHERE expiresAt <= ? LIMIT ?))',
  );
  return {
    create({ jobId, owner, type, outcome, errorCode, tags }) {
      if (tags.length === 0) return;
      const all = `\n${tags.map((tag) => tagLine(tag)).join('')}`;
      for (const tag of tags) insert.run(textKey(owner), textKey(tag), jobId, textKey(type), outcome, errorCode, all);
    },
    change({ jobId, owner, outcome, errorCode, tags }) {
      for (const tag of tags) update.run(outcome, errorCode, textKey(owner), textKey(tag), jobId);
    },
    expire: (nowSeconds, limit) => void expire.run(nowSeconds, limit),
  };
}

/** A line of its own, so that no other tag matches. */
export const tagLine = (tag: string): string => `${JSON.stringify(tag)}\n`;
