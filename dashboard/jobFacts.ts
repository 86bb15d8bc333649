/** The facts in a job's record, each with its name. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { CopyButton } from './copyButton.ts';
import type { FullJob } from './documents.ts';

export interface JobFactsProps {
  readonly job: FullJob;
  readonly traceUrl: string | undefined;
}

export function JobFacts({ job, traceUrl }: JobFactsProps): ComponentChildren {
  const { jobId, owner, priority, attempts, generation, traceId, idempotencyKey, createdAt, expiresAt, runAt, concurrencyKey, tags } = job;
  return html`<section aria-labelledby="record-title">
    <h3 id="record-title">Record</h3>
    <dl class="facts">
      <${Fact} name="Ticket" code=${jobId} />
      <${Fact} name="Owner" text=${owner} />
      <${Fact} name="Priority"><span>${priority.toLowerCase()}${' '}</span><code>${priority}</code><//>
      ${tags.length > 0 && html`<${Fact} name="Tags">${tags.map((tag) => html`<span key=${tag} class="tag">${tag}</span>${' '}`)}<//>`}
      <${Fact} name="Attempts" text=${`${attempts}${generation > 1 ? ` in generation ${generation}` : ''}`} />
      <${Fact} name="Created" text=${new Date(createdAt).toLocaleString()} />
      ${runAt !== null && html`<${Fact} name="To begin at" text=${new Date(runAt).toLocaleString()} />`}
      <${Fact} name="Kept until" text=${new Date(expiresAt).toLocaleDateString()} />
      ${concurrencyKey !== null && html`<${Fact} name="Concurrency key" code=${concurrencyKey} />`}
      ${idempotencyKey !== null && html`<${Fact} name="Idempotency key" code=${idempotencyKey} />`}
      <${Fact} name="Trace" code=${traceId}>
        ${traceUrl !== undefined && html`<a href=${traceUrl} target="_blank" rel="noreferrer">Open the trace</a>`}
      <//>
    </dl>
  </section>`;
}

interface FactProps {
  readonly name: string;
  readonly text?: string;
  /** To be copied rather than read. */
  readonly code?: string;
  readonly children?: ComponentChildren;
}

function Fact({ name, text, code, children }: FactProps): ComponentChildren {
  return html`<div>
    <dt>${name}</dt>
    <dd>${text}${code !== undefined && html`<code>${code}</code><${CopyButton} name=${name.toLowerCase()} text=${code} />`} ${children}</dd>
  </div>`;
}
