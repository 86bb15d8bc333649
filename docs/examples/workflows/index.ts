/** The list that the setting JOBS names. */
import { listJob, listJobs } from '../../../index.ts';
import * as types from './types.ts';

// In one module for the reader of the example; each in one of its own, a worker loads what it needs.
const load =
  <Name extends keyof typeof types>(name: Name) =>
  async () => ({ handler: (await import('./handlers.ts'))[name] });

export default listJobs([
  listJob(types.splitDocument, load('splitDocument')),
  listJob(types.countWords, load('countWords')),
  listJob(types.joinCounts, load('joinCounts')),
  listJob(types.reserveGoods, load('reserveGoods')),
  listJob(types.awaitApproval, load('awaitApproval')),
  listJob(types.chargeCustomer, load('chargeCustomer')),
  listJob(types.giveGoodsBack, load('giveGoodsBack')),
  listJob(types.importNight, load('importNight')),
  listJob(types.importFile, load('importFile')),
  listJob(types.writeReport, load('writeReport')),
]);
