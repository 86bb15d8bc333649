/** dynalite carries no types; what is used of it. */
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
