/** What the jobs of the three workflows are. In a project of your own the import is `job-tickets`. */
import { z } from 'zod';
import { defineJobType } from '../../../index.ts';

const policy = { timeoutSeconds: 60 };

export const splitDocument = defineJobType({
  name: 'split_document',
  description: 'Splits a text into so many pages.',
  params: z.strictObject({ text: z.string(), pages: z.int().min(1).max(500) }),
  result: z.object({ pages: z.array(z.string()) }),
  policy,
  example: { text: 'one two three four', pages: 2 },
});

export const countWords = defineJobType({
  name: 'count_words',
  description: 'Counts the words of a page.',
  params: z.strictObject({ text: z.string() }),
  result: z.object({ words: z.number() }),
  policy,
  example: { text: 'one two' },
});

export const joinCounts = defineJobType({
  name: 'join_counts',
  description: 'Adds up what the jobs before it have counted.',
  params: z.strictObject({}),
  result: z.object({ pages: z.number(), words: z.number() }),
  policy,
  example: {},
});

export const reserveGoods = defineJobType({
  name: 'reserve_goods',
  description: 'Reserves the goods of an order.',
  params: z.strictObject({ orderId: z.string() }),
  result: z.object({ reservation: z.string() }),
  policy,
  example: { orderId: 'order-1' },
});

export const awaitApproval = defineJobType({
  name: 'await_approval',
  description: 'Waits, without a slot, until somebody has approved or refused: the signal `approval`.',
  params: z.strictObject({}),
  result: z.object({ by: z.string() }),
  policy,
  example: {},
});

export const chargeCustomer = defineJobType({
  name: 'charge_customer',
  description: 'Charges a customer once.',
  params: z.strictObject({ reservation: z.string(), amount: z.number().positive() }),
  result: z.object({ payment: z.string() }),
  policy,
  example: { reservation: 'reservation of order-1', amount: 10 },
});

export const giveGoodsBack = defineJobType({
  name: 'give_goods_back',
  description: 'Gives back what was reserved, where the order came to nothing.',
  params: z.strictObject({}),
  result: z.object({ gaveBack: z.string().nullable() }),
  policy,
  example: {},
});

export const importNight = defineJobType({
  name: 'import_night',
  description: 'Imports the files of a night, each as a job of its own, and has a report written.',
  params: z.strictObject({ files: z.int().min(1).max(1000) }),
  result: z.object({ report: z.string() }),
  policy,
  example: { files: 200 },
});

export const importFile = defineJobType({
  name: 'import_file',
  description: 'Imports one file.',
  params: z.strictObject({ file: z.string() }),
  result: z.object({ rows: z.number() }),
  policy,
  example: { file: 'file-1' },
});

export const writeReport = defineJobType({
  name: 'write_report',
  description: 'Says in a sentence what was imported.',
  params: z.strictObject({ rows: z.number(), failed: z.array(z.string()) }),
  result: z.object({ report: z.string() }),
  policy,
  example: { rows: 10, failed: [] },
});
