/** Finds one job, by its ticket or its idempotency key, and opens it; or finds the jobs with a tag, and shows them. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Actions, Found } from './actions.ts';
import { turnTo, type Address } from './address.ts';
import { whoseOf } from './filterOf.ts';
import { countOf } from './jobRecord.ts';
import { messageOf } from './messageOf.ts';

export interface SearchBoxProps {
  readonly address: Address;
  readonly actions: Pick<Actions, 'find'>;
}

export const searchBoxId = 'search';

export function SearchBox({ address, actions }: SearchBoxProps): ComponentChildren {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState('');
  /** +1 with each search and each change of the text: a later answer to an earlier search is ignored. */
  const asked = useRef(0);

  async function search(wanted: string): Promise<void> {
    if (wanted === '') return;
    asked.current += 1;
    const mine = asked.current;
    setAnswer('Searching …');
    try {
      const found = await actions.find(wanted, whoseOf(address));
      if (mine !== asked.current) return;
      setAnswer(answerOf(found));
      if (found?.by === 'tag') turnTo({ ...address, jobId: undefined, tag: found.tag });
      else if (found !== undefined) turnTo({ ...address, jobId: found.jobId });
    } catch (error) {
      if (mine === asked.current) setAnswer(messageOf(error));
    }
  }

  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void search(text.trim());
  };
  const onInput = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    asked.current += 1;
    setText(currentTarget.value);
    setAnswer('');
  };
  return html`<form class="search" role="search" onSubmit=${onSubmit} onBlurCapture=${() => setAnswer('')}>
    <input
      id=${searchBoxId}
      type="search"
      aria-label="Find jobs by ticket, idempotency key or tag"
      placeholder="Find by ticket, key or tag"
      value=${text}
      onInput=${onInput}
      autocomplete="off"
      spellcheck=${false}
    />
    <p class="search-answer" role="status">${answer}</p>
  </form>`;
}

function answerOf(found: Found | undefined): string {
  if (found === undefined) return 'No job has this ticket, key or tag.';
  if (found.by !== 'tag') return `Found by its ${found.by}.`;
  const { count, isExact } = found.count;
  return `Found as a tag, of ${isExact ? '' : 'more than '}${countOf(count)}.`;
}
