/** What the jobs of the three workflows do. */
import { z } from 'zod';
import { defineHandler, PermanentError } from '../../../index.ts';
import * as types from './types.ts';

export const splitDocument = defineHandler(types.splitDocument, async ({ text, pages }) => {
  const words = text.split(/\s+/);
  const size = Math.ceil(words.length / pages);
  return { pages: Array.from({ length: pages }, (_, page) => words.slice(page * size, (page + 1) * size).join(' ')) };
});

export const countWords = defineHandler(types.countWords, async ({ text }) => ({ words: text.split(/\s+/).filter(Boolean).length }));

export const joinCounts = defineHandler(types.joinCounts, async (_params, { dependencies }) => {
  const counts = Object.values(dependencies).map(({ result }) => types.countWords.result.parse(result).words);
  return { pages: counts.length, words: counts.reduce((sum, words) => sum + words, 0) };
});

export const reserveGoods = defineHandler(types.reserveGoods, async ({ orderId }, { step }) => ({
  reservation: await step('reserve', () => `reservation of ${orderId}`),
}));

const approval = z.object({ isApproved: z.boolean(), by: z.string() });

export const awaitApproval = defineHandler(types.awaitApproval, async (_params, { waitForSignal }) => {
  const answer = await waitForSignal('approval', { timeoutSeconds: 7 * 86_400 });
  if (answer.timedOut) throw new PermanentError('nobody approved the order within a week');
  const { isApproved, by } = approval.parse(answer.payload);
  if (!isApproved) throw new PermanentError(`${by} refused the order`);
  return { by };
});

export const chargeCustomer = defineHandler(types.chargeCustomer, async ({ reservation, amount }, { step }) => ({
  payment: await step('charge', () => `payment of ${amount} for the ${reservation}`),
}));

/** Runs whatever became of the charge: `whenDependencyFails: RUN`. */
export const giveGoodsBack = defineHandler(types.giveGoodsBack, async (_params, { dependencies, step }) => {
  const { reserve, charge } = dependencies;
  if (reserve?.status !== 'SUCCEEDED' || charge?.status === 'SUCCEEDED') return { gaveBack: null };
  const { reservation } = types.reserveGoods.result.parse(reserve.result);
  return { gaveBack: await step('give back', () => reservation) };
});

/** Holds no slot while its children run, so that one slot is enough for all of them. */
export const importNight = defineHandler(types.importNight, async ({ files }, { createJob, waitFor, runJob }) => {
  const names = Array.from({ length: files }, (_, index) => `file-${index + 1}`);
  for (const file of names) await createJob(file, { type: 'import_file', params: { file } });
  const ended = await waitFor(names);
  const failed = names.filter((name) => ended[name]?.status !== 'SUCCEEDED');
  const rows = Object.values(ended).flatMap(({ status, result }) =>
    status === 'SUCCEEDED' ? types.importFile.result.parse(result).rows : [],
  );
  const written = await runJob('report', { type: 'write_report', params: { rows: rows.reduce((sum, one) => sum + one, 0), failed } });
  return types.writeReport.result.parse(written);
});

export const importFile = defineHandler(types.importFile, async ({ file }) => {
  // One of the files of each night is broken.
  if (file === 'file-13') throw new PermanentError(`${file} is no table`);
  return { rows: 10 };
});

export const writeReport = defineHandler(types.writeReport, async ({ rows, failed }) => ({
  report: `${rows} rows${failed.length === 0 ? '' : `; not imported: ${failed.join(', ')}`}`,
}));
