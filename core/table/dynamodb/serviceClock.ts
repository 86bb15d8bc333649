/**
 * DynamoDB's time, from the Date header of its answers. The header names the second in which an answer was made. So the time is
 * at least that second, and at most one second plus the round trip later. Between answers the monotonic clock is used. Answers
 * that come just before or after the end of a second make the bounds narrow.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { exactly, monotonic, type Clock, type Monotonic, type ServiceTime } from '../../clock.ts';

export interface ServiceClock {
  /** @throws what `ask` throws, where no answer has given the time yet. */
  time(): Promise<ServiceTime>;
}

/** `ask`: any request; made only where no answer has come yet. */
export function openServiceClock(dynamodb: DynamoDBClient, ask: () => Promise<unknown>, wall: Clock): ServiceClock {
  const bounds = createBounds(monotonic, wall);
  let tellsTime = true;
  let asking: Promise<unknown> | undefined;
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = monotonic();
      const answer = await next(args);
      const date = dateOf(answer.response);
      if (date !== undefined) bounds.learn({ date, sentAt, receivedAt: monotonic() });
      return answer;
    },
    // Called once per try, as close to the network as possible.
    { step: 'deserialize', priority: 'low' },
  );

  return {
    async time() {
      if (tellsTime && bounds.now() === undefined) {
        asking ??= ask().finally(() => (asking = undefined));
        await asking;
        tellsTime = bounds.now() !== undefined;
      }
      // An emulator that sends no time runs on this machine.
      return bounds.now() ?? exactly(wall.now());
    },
  };
}

export interface Answer {
  /** Of the header: whole seconds, as milliseconds since the epoch. */
  readonly date: number;
  /** On the monotonic clock. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

export interface Bounds {
  learn(answer: Answer): void;
  /** Undefined before the first answer. */
  now(): ServiceTime | undefined;
}

/** How much a monotonic clock may run slower or faster than the service's: far more than any does. */
const drift = 0.0005;

/** The bounds that follow from several answers together. */
export function createBounds(elapsed: Monotonic, wall: Clock): Bounds {
  /** Each bound, with the moment of the monotonic clock at which it held. */
  let low: { readonly value: number; readonly asOf: number } | undefined;
  let high: { readonly value: number; readonly asOf: number } | undefined;

  const lowAt = (moment: number): number => (low === undefined ? Number.NEGATIVE_INFINITY : low.value + (moment - low.asOf) * (1 - drift));
  const highAt = (moment: number): number =>
    high === undefined ? Number.POSITIVE_INFINITY : high.value + (moment - high.asOf) * (1 + drift);

  return {
    learn({ date, sentAt, receivedAt }) {
      const newLow = { value: date, asOf: receivedAt };
      const newHigh = { value: date + 1000, asOf: sentAt };
      const highNow = newHigh.value + (receivedAt - sentAt);
      if (newLow.value >= lowAt(receivedAt)) low = newLow;
      if (highNow <= highAt(receivedAt)) high = newHigh;
      // The bounds contradict each other where this machine slept, or the service's clock was set: the newest answer is believed.
      if (lowAt(receivedAt) > highAt(receivedAt)) {
        low = newLow;
        high = newHigh;
      }
    },
    now() {
      if (low === undefined) return undefined;
      const moment = elapsed();
      const bounds = { low: Math.floor(lowAt(moment)), high: Math.ceil(highAt(moment)) };
      return { ...bounds, at: Math.min(Math.max(wall.now(), bounds.low), bounds.high) };
    },
  };
}

/** The SDK types its raw answer as unknown. */
function dateOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers) || typeof headers.date !== 'string') return undefined;
  const date = Date.parse(headers.date);
  return Number.isNaN(date) ? undefined : date;
}
