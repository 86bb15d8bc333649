/** dynalite has no types of its own; these cover what is used. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** The LevelDB folder; absent = in memory. */
    readonly path?: string;
    /** How long a table is CREATING, UPDATING, DELETING, in milliseconds. */
    readonly createTableMs?: number;
    readonly updateTableMs?: number;
    readonly deleteTableMs?: number;
  }

  function dynalite(options: Options): Server;
  export = dynalite;
}
