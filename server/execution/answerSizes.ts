/** How much an answer may hold, and how much of an owner's answers may be under way at a time, made or unsent. */
import { JobError } from '../../core/errors.ts';
import type { AnswerSize } from '../../schema/index.ts';

/** An answer that has begun. */
export interface OpenAnswer extends AnswerSize {
  /** Whether it has asked for more than there may be. */
  isTooLarge(): boolean;
  /** It is sent, or nobody waits for it any more: it begins at nothing again. */
  release(): void;
}

export interface AnswerSizes {
  /** Of nobody: counted for itself alone. */
  begin(owner: string | undefined): OpenAnswer;
}

/** Small values take more of the memory than of the wire. */
const maxValues = 500_000;

export interface AnswerSizesOptions {
  readonly maxBytes: number;
  /** 0 = no limit. */
  readonly maxBytesPerOwner: number;
}

export function createAnswerSizes({ maxBytes, maxBytesPerOwner }: AnswerSizesOptions): AnswerSizes {
  /** Bytes under way. */
  const owners = new Map<string, number>();

  return {
    begin(owner) {
      let bytes = 0;
      let values = 0;
      let isOver = false;

      function release(): void {
        const left = owner === undefined ? 0 : (owners.get(owner) ?? 0) - bytes;
        bytes = values = 0;
        isOver = false;
        if (owner === undefined) return;
        if (left > 0) owners.set(owner, left);
        else owners.delete(owner);
      }

      return {
        add(size) {
          isOver ||= bytes + size.bytes > maxBytes || values + size.values > maxValues;
          if (isOver) throw new JobError('RESPONSE_TOO_LARGE', { message: `The answer would be larger than ${maxBytes} bytes.` });
          const underWay = owner === undefined ? 0 : (owners.get(owner) ?? 0) + size.bytes;
          if (maxBytesPerOwner > 0 && underWay > maxBytesPerOwner) {
            throw new JobError('RATE_LIMITED', {
              message: `Your answers under way hold ${maxBytesPerOwner} bytes: read them first.`,
              retryAfterSeconds: 1,
            });
          }
          bytes += size.bytes;
          values += size.values;
          if (owner !== undefined && size.bytes > 0) owners.set(owner, underWay);
        },
        isTooLarge: () => isOver,
        release,
      };
    },
  };
}
