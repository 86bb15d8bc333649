/**
 * Preloaded into a process under attack (`--import`): how long its event loop was held at most, and what its heap holds.
 * Held is counted in CPU time of the loop's own thread, so that a neighbour who takes the core is no stall.
 */
import { setInterval } from 'node:timers';
import { getHeapStatistics } from 'node:v8';

/** As often as anybody else's turn should come. */
const tickMs = 5;

export interface Strain {
  /** The longest turn between two ticks of a timer. */
  readonly stallMs: number;
  /** CPU time of that thread altogether. */
  readonly cpuMs: number;
  /** Heap and what it holds outside, after a collection. */
  readonly heldBytes: number;
}

let used = process.threadCpuUsage();
let begun = used;
let longestMicros = 0;

setInterval(() => {
  const now = process.threadCpuUsage();
  longestMicros = Math.max(longestMicros, now.user + now.system - used.user - used.system);
  used = now;
}, tickMs).unref();

process.on('message', () => {
  const stallMs = longestMicros / 1000;
  const cpu = process.threadCpuUsage(begun);
  // Collecting is the question's doing, not the attack's; twice, since what is outside goes with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  process.send?.({ stallMs, cpuMs: (cpu.user + cpu.system) / 1000, heldBytes: heap + outside } satisfies Strain);
  longestMicros = 0;
  used = begun = process.threadCpuUsage();
});
process.channel?.unref();
