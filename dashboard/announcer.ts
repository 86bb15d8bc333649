/** Tells screen readers how jobs end; many at once in one sentence. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isFinal } from '../client/job.ts';
import type { Transition } from './activity.ts';
import type { JobList } from './jobList.ts';
import { statusNames } from './statusBadge.ts';

const everyMs = 2000;

export function Announcer({ list }: { readonly list: JobList }): ComponentChildren {
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    let [last] = list.activity.latest.peek();
    const sentenceOf = ({ jobId, status }: Transition): string =>
      `${list.find(jobId)?.type ?? 'A job'}: ${statusNames[status].toLowerCase()}.`;
    const timer = setInterval(() => {
      const latest = list.activity.latest.peek();
      const told = last === undefined ? -1 : latest.indexOf(last);
      const endings = (told === -1 ? latest : latest.slice(0, told)).filter(({ status }) => isFinal(status)).toReversed();
      [last] = latest;
      if (endings.length > 0) setSentence(endings.length > 3 ? `${endings.length} jobs ended.` : endings.map(sentenceOf).join(' '));
    }, everyMs);
    return () => clearInterval(timer);
  }, [list]);
  return html`<p class="hidden" aria-live="polite">${sentence}</p>`;
}
