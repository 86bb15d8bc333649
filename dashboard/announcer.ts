/** Tells screen readers how jobs end; many at once in one sentence. */
import { h, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isFinal, type JobStatus } from '../client/job.ts';
import type { JobList } from './jobList.ts';
import { statusNames } from './statusBadge.ts';

const everyMs = 2000;

export function Announcer({ list }: { readonly list: JobList }): ComponentChildren {
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    let endings: { readonly jobId: string; readonly status: JobStatus }[] = [];
    // The type of a job that is new here is known a moment after its event.
    const sentenceOf = ({ jobId, status }: (typeof endings)[number]): string =>
      `${list.find(jobId)?.type ?? 'A job'}: ${statusNames[status].toLowerCase()}.`;
    const stop = list.listen(({ jobId, status, version, previousStatus }) => {
      if (!isFinal(status) || previousStatus === status || (list.find(jobId)?.version ?? 0) > version) return;
      endings.push({ jobId, status });
    });
    const timer = setInterval(() => {
      if (endings.length > 0) setSentence(endings.length > 3 ? `${endings.length} jobs ended.` : endings.map(sentenceOf).join(' '));
      endings = [];
    }, everyMs);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [list]);
  return h('p', { class: 'hidden', 'aria-live': 'polite' }, sentence);
}
