/** `node test/support/tableFixtureMain.ts`: writes the fixture of the table's present version, once, when a version is added. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inMemory, openForWriting } from '../../core/table/sqlite/database.ts';
import { fixtureOf } from './tableFixture.ts';

const database = openForWriting(inMemory);
const text = fixtureOf(database);
const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
database.close();
// Of a version that was released, never again: its fixture is what stands in people's files.
writeFileSync(join(import.meta.dirname, `../contract/fixtures/jobsOfVersion${version}.sql`), text, { flag: 'wx' });
