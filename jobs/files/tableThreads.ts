/** What threads that read tables may take of a worker. */
import { availableParallelism } from 'node:os';
import { createSlots } from './slots.ts';
import type { ThreadBounds } from './thread/workInThread.ts';

/** Rows go by one after the other: a table of any size needs little more than its longest row. */
export const tableBounds: ThreadBounds = { maxHeapMb: 48, maxBufferMb: 64, maxStepMs: 30_000 };

/** They are bound by the processor: more than it has cores would only take turns, and memory. */
export const tableSlots = createSlots(Math.max(2, availableParallelism()));
