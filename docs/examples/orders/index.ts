/** The list that the setting JOBS names. */
import { listJob, listJobs } from '../../../index.ts';
import { fulfilOrder } from './type.ts';

export default listJobs([listJob(fulfilOrder, () => import('./handler.ts'))]);
