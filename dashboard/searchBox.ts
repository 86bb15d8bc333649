/** Finds one job, by its ticket or its idempotency key, and opens it. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Actions } from './actions.ts';
import { turnTo, type Address } from './address.ts';

export interface SearchBoxProps {
  readonly address: Address;
  readonly actions: Pick<Actions, 'find'>;
}

export const searchBoxId = 'search';

export function SearchBox({ address, actions }: SearchBoxProps): ComponentChildren {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState('');
  /** +1 with each search and each change of the text: what is answered later is no longer asked for. */
  const asked = useRef(0);

  async function search(wanted: string): Promise<void> {
    if (wanted === '') return;
    asked.current += 1;
    const mine = asked.current;
    setAnswer('Searching …');
    try {
      const jobId = await actions.find(wanted, address.owner);
      if (mine !== asked.current) return;
      setAnswer(jobId === undefined ? 'No job has this ticket or key.' : '');
      if (jobId !== undefined) turnTo({ ...address, jobId });
    } catch (error) {
      if (mine === asked.current) setAnswer(error instanceof Error ? error.message : String(error));
    }
  }

  const input = useRef<HTMLInputElement>(null);
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    // What stands in the field: the page may not have been drawn since the last key.
    void search((input.current?.value ?? text).trim());
  };
  const onInput = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    asked.current += 1;
    setText(currentTarget.value);
    setAnswer('');
  };
  return html`<form class="search" role="search" onSubmit=${onSubmit}>
    <input
      id=${searchBoxId}
      ref=${input}
      type="search"
      aria-label="Find a job by its ticket or idempotency key"
      placeholder="Find by ticket or key"
      value=${text}
      onInput=${onInput}
      autocomplete="off"
      spellcheck=${false}
    />
    <p class="search-answer" role="status">${answer}</p>
  </form>`;
}
