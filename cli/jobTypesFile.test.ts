import { expect, test } from 'vitest';
import { z } from 'zod';
import { listJob } from '../core/jobList.ts';
import { anyJson, defineJobType } from '../core/jobType.ts';
import { jobTypesFile } from './jobTypesFile.ts';

type Tree = { readonly name: string; readonly children: readonly Tree[] };
const tree: z.ZodType<Tree, Tree> = z.object({ name: z.string(), children: z.array(z.lazy(() => tree)) });
const address = z.object({ street: z.string() }).meta({ id: 'Address' });

const mail = defineJobType({
  name: 'mail',
  description: 'Sends letters.',
  params: z.strictObject({
    to: address,
    from: address.optional(),
    copies: z.int().min(1).max(9).default(1).describe('How many */ copies.'),
    lines: z.array(z.string()).max(50),
    kind: z.enum(['letter', 'parcel']),
    size: z.tuple([z.number(), z.number()]).nullable(),
    labels: z.record(z.string(), z.boolean()),
    'odd-key': z.boolean(),
  }),
  result: z.discriminatedUnion('sent', [z.object({ sent: z.literal(true) }), z.object({ sent: z.literal(false), why: z.string() })]),
  policy: { timeoutSeconds: 10 },
  example: { to: { street: 'Main' }, lines: [], kind: 'letter', size: null, labels: {}, 'odd-key': true },
});
const { policy: _policy, ...likeMail } = mail;
const policy = { timeoutSeconds: 10 };
const plant = defineJobType({
  ...likeMail,
  policy,
  name: 'plant',
  params: tree,
  result: z.array(tree),
  example: { name: 'root', children: [] },
});
const anything = defineJobType({
  ...likeMail,
  policy,
  name: 'anything',
  params: anyJson,
  result: z.strictObject({ given: anyJson.optional() }),
  example: null,
});

const never = async (): Promise<never> => Promise.reject(new Error('no handler is loaded'));
const text = await jobTypesFile([listJob(mail, never), listJob(plant, never), listJob(anything, never)]);
const flat = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\s+/g, ' ');

test('params have the form in which they are handed in: a field with a default may be left out', () => {
  for (const field of ['to: MailParams_Address', 'from?: MailParams_Address', 'copies?: number', 'lines: string[]'])
    expect(flat).toContain(field);
  for (const field of ['kind: ("letter" | "parcel")', 'size: ([number, number] | null)', '"odd-key": boolean'])
    expect(flat).toContain(field);
  expect(flat).toContain('labels: { [k: string]: boolean }');
});

test('results have the form in which they are returned', () => {
  expect(flat).toContain('result: ({ sent: true } | { sent: false why: string })');
});

test('a schema that refers to itself, or that types share, is declared once', () => {
  expect(flat).toMatch(/plant: \{ params: PlantParams result: \w+\[\] \}/);
  expect(flat).toContain('export interface PlantParams { name: string children: PlantParams[] }');
  expect(flat.match(/export interface MailParams_Address \{ street: string \}/g)).toHaveLength(1);
});

test('any JSON becomes unknown', () => {
  expect(flat).toContain('anything: { params: unknown result: { given?: unknown } }');
});

test('a description cannot end its own comment', () => {
  expect(text).not.toContain('How many */');
});
