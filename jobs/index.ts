/** The job types of this project. A team's own list has the same form; the setting `JOBS` names it. */
import { listJob, listJobs } from '../core/jobList.ts';
import { generateReport } from './generateReport/type.ts';
import { processDocument } from './processDocument/type.ts';
import { simulateWork } from './simulateWork/type.ts';
import { transformData } from './transformData/type.ts';

// Forms and examples begin with the first type: it needs no file.
export default listJobs([
  listJob(simulateWork, () => import('./simulateWork/handler.ts')),
  listJob(processDocument, () => import('./processDocument/handler.ts')),
  listJob(transformData, () => import('./transformData/handler.ts')),
  listJob(generateReport, () => import('./generateReport/handler.ts')),
]);
