/** The memory and the processors of a worker that threads for tables may use. */
import { availableParallelism } from 'node:os';
import { createSlots } from './slots.ts';
import type { ThreadBounds } from './thread/workInThread.ts';

/** Rows are handled one after the other: a table of any size needs little more than its longest row. */
export const tableBounds: ThreadBounds = { maxHeapMb: 48, maxBufferMb: 64, maxStepMs: 30_000 };

/** They are bound by the processor: more of them than cores would only cost memory. */
export const tableSlots = createSlots(Math.max(2, availableParallelism()));
