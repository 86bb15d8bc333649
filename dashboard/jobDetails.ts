/** All there is to read of one job. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { CopyButton } from './copyButton.ts';
import type { FullJob } from './documents.ts';
import { WaitNote } from './waitNote.ts';
import { ProgressBar } from './progressBar.ts';
import { StatusBadge } from './statusBadge.ts';
import { Timeline } from './timelineView.ts';

export function JobDetails({ job }: { readonly job: FullJob }): ComponentChildren {
  const { jobId, owner, status, error, params, result, priority, attempts, generation, traceId, idempotencyKey, createdAt, expiresAt } =
    job;
  return html`
    <div class="panel-status">
      <${StatusBadge} status=${status} hasCode=${true} />
      <${WaitNote} job=${job} />
      ${status === 'PROCESSING' && html`<${ProgressBar} job=${job} />`}
    </div>
    ${
      error !== null &&
      html`<div class="failure">
        <strong>${error.code}</strong>
        <span class="muted">${` at attempt ${error.attempt}`}</span>
        <p>${error.message}</p>
      </div>`
    }
    <${Timeline} job=${job} />
    ${result !== null && html`<${Json} title="Result" value=${result} />`}
    <${Json} title="Params" value=${params} />
    <section>
      <h3>Record</h3>
      <dl class="facts">
        <${Fact} name="Ticket" code=${jobId} />
        <${Fact} name="Owner" text=${owner} />
        <${Fact} name="Priority" text=${priority.toLowerCase()} />
        <${Fact} name="Attempts" text=${`${attempts}${generation > 1 ? ` in generation ${generation}` : ''}`} />
        <${Fact} name="Created" text=${new Date(createdAt).toLocaleString()} />
        <${Fact} name="Kept until" text=${new Date(expiresAt).toLocaleDateString()} />
        ${idempotencyKey !== null && html`<${Fact} name="Idempotency key" code=${idempotencyKey} />`}
        <${Fact} name="Trace" code=${traceId} />
      </dl>
    </section>
  `;
}

interface FactProps {
  readonly name: string;
  readonly text?: string;
  /** To be copied rather than read. */
  readonly code?: string;
}

function Fact({ name, text, code }: FactProps): ComponentChildren {
  return html`<div>
    <dt>${name}</dt>
    <dd>${text}${code !== undefined && html`<code>${code}</code><${CopyButton} name=${name.toLowerCase()} text=${code} />`}</dd>
  </div>`;
}

interface JsonProps {
  readonly title: string;
  readonly value: unknown;
}

function Json({ title, value }: JsonProps): ComponentChildren {
  const text = JSON.stringify(value, undefined, 2);
  const bytes = new TextEncoder().encode(text).length;
  return html`<section>
    <div class="row">
      <h3>${title}</h3>
      <span class="muted">${bytes > 1024 && `${Math.round(bytes / 1024)} KB`}</span>
      <span class="spacer"></span>
      <${CopyButton} name=${title.toLowerCase()} text=${text} />
    </div>
    <pre tabindex=${0} aria-label=${title}>${text}</pre>
  </section>`;
}
