/**
 * How much may wait in memory. What has no room is left out, since the table has it too; when there is room again, whoever
 * reads the table fills it in.
 */

export interface Room {
  has(bytes: number): boolean;
  add(bytes: number): void;
  remove(bytes: number): void;
  /** Something had no room. */
  leaveOut(): void;
  /** Something was left out, and half of all would have room again. */
  readonly wantsMore: boolean;
  readonly leavesOut: boolean;
  /** Nothing counts as left out any more: all that is in the table is offered again. */
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
