/** The job types that come with the project. A team's own list has the same form; the setting `JOBS` names it. */
import { listJob, listJobs } from '../core/jobList.ts';
import { generateReport } from './generateReport/type.ts';
import { processDocument } from './processDocument/type.ts';
import { simulateWork } from './simulateWork/type.ts';
import { transformData } from './transformData/type.ts';

// The first is what forms and examples begin with: it needs no file.
export default listJobs([
  listJob(simulateWork, () => import('./simulateWork/handler.ts')),
  listJob(processDocument, () => import('./processDocument/handler.ts')),
  listJob(transformData, () => import('./transformData/handler.ts')),
  listJob(generateReport, () => import('./generateReport/handler.ts')),
]);
