/**
 * How much may wait in memory. A message without room is left out, since the table has its job too; when there is room again,
 * the queue is filled from the table.
 */

export interface Room {
  has(bytes: number): boolean;
  add(bytes: number): void;
  remove(bytes: number): void;
  /** A message had no room. */
  leaveOut(): void;
  /** A message was left out, and half of all would have room again. */
  readonly wantsMore: boolean;
  readonly leavesOut: boolean;
  /** Nothing counts as left out any more: every job in the table is offered again. */
  reopen(): void;
}

export function createRoom(maxBytes: number): Room {
  let used = 0;
  let leavesOut = false;
  return {
    has: (bytes) => used + bytes <= maxBytes,
    add(bytes) {
      used += bytes;
    },
    remove(bytes) {
      used -= bytes;
    },
    leaveOut() {
      leavesOut = true;
    },
    get wantsMore() {
      return leavesOut && used <= maxBytes / 2;
    },
    get leavesOut() {
      return leavesOut;
    },
    reopen() {
      leavesOut = false;
    },
  };
}
