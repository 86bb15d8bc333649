/** Handing in a job, new or with another one's params: a form made from the type's JSON Schema, or its params as JSON. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { FullJob, JobTypeInfo } from './documents.ts';
import { shortId } from './jobRecord.ts';
import { inputOfTime } from './localTime.ts';
import { Modal } from './modal.ts';
import { NewJobForm, type NewJobFormProps } from './newJobForm.ts';
import { fieldsOf } from './paramsForm.ts';
import type { Start } from './startFields.ts';

export interface CreateDialogProps extends Pick<NewJobFormProps, 'actions' | 'onClose'> {
  readonly types: readonly JobTypeInfo[];
  /** The job whose type, params and priority are used as a start. */
  readonly from: FullJob | undefined;
}

export function CreateDialog({ types, actions, from, onClose }: CreateDialogProps): ComponentChildren {
  const [chosen, setChosen] = useState(from?.type);
  // The types may come in after the dialog was opened.
  const name = chosen ?? types[0]?.name ?? '';
  const type = types.find((known) => known.name === name);
  const onType = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void => setChosen(currentTarget.value);
  const start = type?.name === from?.type ? from : undefined;
  return html`<${Modal} title=${from === undefined ? 'New job' : 'Replay job'} onClose=${() => onClose()}>
    ${from !== undefined && html`<p class="muted">${`A new job, with the params of ${shortId(from.jobId)} to start from.`}</p>`}
    ${
      from !== undefined &&
      from.outputs.length > 0 &&
      html`<p class="muted">
        ${'The old one has written '}${from.outputs.map(({ name }) => html`<code key=${name}>${name}</code>${' '}`)}
        ${'already: with tokens no job replaces what another wrote, so give it another name.'}
      </p>`
    }
    <div class="field">
      <label for="job-type">Type</label>
      <select id="job-type" value=${name} onChange=${onType}>
        ${types.map((known) => html`<option key=${known.name} value=${known.name}>${known.name}</option>`)}
      </select>
      <p class="muted">
        ${type?.description ?? (types.length === 0 ? 'The job types could not be read yet.' : `This server has no type ${name}.`)}
      </p>
    </div>
    ${
      type !== undefined &&
      html`<${NewJobForm}
        key=${name}
        type=${type.name}
        fields=${fieldsOf(type.paramsSchema)}
        params=${start?.params ?? type.example}
        start=${startOf(start)}
        actions=${actions}
        onClose=${onClose}
      />`
    }
  <//>`;
}

/** A start in the past means at once, so it is not kept. */
function startOf(from: FullJob | undefined): Start {
  const isAhead = from?.runAt !== undefined && from.runAt !== null && Date.parse(from.runAt) > Date.now();
  return {
    priority: from?.priority ?? 'NORMAL',
    delaySeconds: '0',
    startAt: isAhead ? inputOfTime(from.runAt) : '',
    tags: from?.tags.join('\n') ?? '',
  };
}
