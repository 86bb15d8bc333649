#!/usr/bin/env node
/** The command `job-tickets` of the package: each of the project's programs by its name. */

const commands: Readonly<Record<string, { readonly does: string; run(args: readonly string[]): Promise<unknown> }>> = {
  start: { does: 'everything in one process', run: () => import('../start.ts') },
  server: { does: 'the API', run: () => import('../server/main.ts') },
  worker: { does: 'a worker', run: () => import('../worker/main.ts') },
  lambdas: { does: 'dead letters, relay and sweeper, where there is no AWS Lambda', run: () => import('../lambda/main.ts') },
  backup: { does: 'copies the jobs of `start` into a file, while it runs', run: () => import('../runtime/dataMain.ts') },
  restore: { does: 'puts a backup back', run: () => import('../runtime/dataMain.ts') },
  export: { does: 'writes the jobs of `start` as DynamoDB imports them', run: () => import('../runtime/dataMain.ts') },
  provision: { does: 'makes table, queues and buckets', run: () => import('../infra/local/provisionMain.ts') },
  types: {
    does: 'writes params and results of the job types for a typed client (--out jobTypes.d.ts)',
    run: async (args) => (await import('./types.ts')).types(args),
  },
};

/** EX_USAGE of sysexits.h. */
const badUsage = 64;

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command !== undefined) {
  await command.run(args);
} else if (name === '--help') {
  console.log(usage());
} else {
  console.error(name === '' ? usage() : `job-tickets: there is no command ${JSON.stringify(name)}\n${usage()}`);
  process.exitCode = badUsage;
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = Object.entries(commands).map(([known, { does }]) => `  ${known.padEnd(width)}  ${does}`);
  return `usage: job-tickets <command>\n${lines.join('\n')}\nSettings are environment variables; JOBS names the module that lists your job types.`;
}
