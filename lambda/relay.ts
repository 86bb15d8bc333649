/** Runs the relay on the table's stream, outside AWS. */
import type { TableStream } from '../core/table/dynamodb/stream.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Mapping } from './queueMapping.ts';
import { startStreamMapping } from './streamMapping.ts';
import { createStreamRelay } from './streamRelay.ts';

export interface RelayDeps {
  readonly core: Core;
  /** Undefined where the table has no stream. */
  readonly openStream: () => Promise<TableStream | undefined>;
}

export function startRelay({ core, openStream }: RelayDeps): Mapping {
  return startStreamMapping({ openStream, handler: createStreamRelay(core), now: core.clock.now, log: core.log });
}
