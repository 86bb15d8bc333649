/** How large an answer may be, and how much of an owner may be in progress at once: requests being read, answers not sent yet. */
import { JobError } from '../../core/errors.ts';
import type { AnswerSize } from '../../schema/index.ts';

/** A request, and the answer that is made of it. */
export interface OpenAnswer extends AnswerSize {
  /** Bytes of payloads in it. */
  bytes(): number;
  /** Counts received bytes towards what its owner has in progress. @throws {JobError} `RATE_LIMITED`. */
  receive(bytes: number): void;
  /** Whether it is larger than allowed. */
  isTooLarge(): boolean;
  /** It was sent, or nobody waits for it any more: the count starts again at zero. */
  release(): void;
}

export interface AnswerSizes {
  /** @param ownerOf Called when there is something to count; without an owner, an answer counts alone. */
  begin(ownerOf: () => string | undefined): OpenAnswer;
}

/** Small values take more of the memory than of the wire. */
const maxValues = 500_000;

export interface AnswerSizesOptions {
  readonly maxBytes: number;
  /** 0 = no limit. */
  readonly maxBytesPerOwner: number;
}

export function createAnswerSizes({ maxBytes, maxBytesPerOwner }: AnswerSizesOptions): AnswerSizes {
  /** Bytes in progress. */
  const owners = new Map<string, number>();

  function change(owner: string, bytes: number): void {
    const underWay = (owners.get(owner) ?? 0) + bytes;
    if (bytes > 0 && maxBytesPerOwner > 0 && underWay > maxBytesPerOwner) {
      const message = `What you have under way holds more than ${maxBytesPerOwner} bytes: read your answers first.`;
      throw new JobError('RATE_LIMITED', { message, retryAfterSeconds: 1 });
    }
    if (underWay > 0) owners.set(owner, underWay);
    else owners.delete(owner);
  }

  return {
    begin(ownerOf) {
      let owner: string | undefined;
      let underWay = 0;
      let bytes = 0;
      let values = 0;
      let isOver = false;

      function receive(received: number): void {
        owner ??= ownerOf();
        if (owner !== undefined) change(owner, received);
        underWay += received;
      }

      return {
        receive,
        bytes: () => bytes,
        add(size) {
          isOver ||= bytes + size.bytes > maxBytes || values + size.values > maxValues;
          if (isOver) throw new JobError('RESPONSE_TOO_LARGE', { message: `The answer would be larger than ${maxBytes} bytes.` });
          receive(size.bytes);
          bytes += size.bytes;
          values += size.values;
        },
        isTooLarge: () => isOver,
        release() {
          if (owner !== undefined) change(owner, -underWay);
          underWay = bytes = values = 0;
          isOver = false;
        },
      };
    },
  };
}
