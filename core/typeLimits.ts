/** Limits of a job type: how many of its jobs run at once, and how often they start, by key; and under which key a job counts. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Job, JsonValue } from './job.ts';
import type { JobType } from './jobType.ts';
import { under, type RankRange } from './place.ts';
import type { StartRate } from './startRate.ts';
import { waitKey } from './waiting.ts';

/** Holders of one key share one entry, and each write of it is paid by the KB. */
export const maxConcurrency = 1000;
export const maxStarts = 100_000;
export const maxSeconds = 86_400;

const most = z.int().min(1).max(maxConcurrency);

/** What can be set while the system runs; it overrides what the type says. */
export const typeLimits = z.object({
  concurrency: z.object({ perKey: most.optional(), total: most.optional() }).optional(),
  rate: z
    .object({
      starts: z.int().min(1).max(maxStarts),
      seconds: z.number().min(0.001).max(maxSeconds),
      burst: z.int().min(0).max(maxStarts).optional(),
    })
    .optional(),
});
export type TypeLimits = Readonly<z.infer<typeof typeLimits>>;

/** By the name of the type. */
export type LimitsByType = Readonly<Record<string, TypeLimits>>;

/** One limit that a job has to pass before it starts. */
export type Limit =
  | { readonly kind: 'slots'; readonly key: string; readonly most: number }
  | { readonly kind: 'starts'; readonly key: string; readonly rate: StartRate };

/** The limits in force for a type. */
export function limitsOf(name: string, type: Pick<JobType, 'policy'> | undefined, set: LimitsByType): TypeLimits {
  const { concurrency, rate } = type?.policy ?? {};
  const own = set[name];
  const [perKey, total] = [own?.concurrency?.perKey ?? concurrency?.perKey, own?.concurrency?.total ?? concurrency?.total];
  const { starts, seconds, burst } = own?.rate ?? rate ?? {};
  return {
    concurrency: perKey === undefined && total === undefined ? undefined : { perKey, total },
    rate: starts === undefined || seconds === undefined ? undefined : { starts, seconds, burst },
  };
}

export function isLimited({ concurrency, rate }: TypeLimits): boolean {
  return concurrency !== undefined || rate !== undefined;
}

/** In the order in which they are checked: the narrowest first, and last the one that cannot be given back. */
export function limitsOn(
  { type, concurrencyKey = '', rateKey = '' }: Pick<Job, 'type' | 'concurrencyKey' | 'rateKey'>,
  { concurrency, rate }: TypeLimits,
): readonly Limit[] {
  const { perKey, total } = concurrency ?? {};
  return [
    ...(perKey === undefined ? [] : [{ kind: 'slots', key: waitKey('running', type, concurrencyKey), most: perKey } as const]),
    ...(total === undefined ? [] : [{ kind: 'slots', key: totalKey(type), most: total } as const]),
    ...(rate === undefined ? [] : [{ kind: 'starts', key: waitKey('starts', type, rateKey), rate } as const]),
  ];
}

/** The key under which all jobs of a type count together. */
export function totalKey(type: string): string {
  return waitKey('running', type);
}

const keyParts = z.union([z.tuple([z.enum(['running', 'starts']), z.string(), z.string()]), z.tuple([z.literal('running'), z.string()])]);

/** The place of the jobs that wait for a limit of this type. */
export function limitRanges(type: string): readonly Required<RankRange>[] {
  return ['running', 'starts'].map((of) => under(waitKey(of, type).slice(0, -1)));
}

/** The type whose limit a job waits for. */
export function typeOfLimit(key: string): string | undefined {
  return keyParts.safeParse(JSON.parse(key)).data?.[1];
}

/** The present limit of that key; undefined where there is none any more. */
export function limitOfKey(key: string, limits: TypeLimits): Limit | undefined {
  const [, type = '', own] = keyParts.parse(JSON.parse(key));
  const job = { type, concurrencyKey: own, rateKey: own };
  return limitsOn(job, limits).find((limit) => limit.key === key);
}

/** The key under which a job counts is computed once, when it is handed in, and is part of its record. */
export function limitKeysOf(
  { policy: { concurrency, rate } }: Pick<JobType, 'policy'>,
  params: JsonValue,
  owner: string,
): Pick<Job, 'concurrencyKey' | 'rateKey'> {
  return {
    ...(concurrency?.key === undefined ? {} : { concurrencyKey: shortened(concurrency.key(params, owner)) }),
    ...(rate?.key === undefined ? {} : { rateKey: shortened(rate.key(params, owner)) }),
  };
}

const maxKeyLength = 100;

/** It is part of the record and of an index key. */
function shortened(key: string): string {
  if (key.length <= maxKeyLength) return key.toWellFormed();
  return `${key.slice(0, maxKeyLength / 2).toWellFormed()}…${createHash('sha256').update(key).digest('base64url')}`;
}
