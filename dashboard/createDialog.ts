/** Handing in a job: a form built from the type's JSON Schema, or its params as JSON. */
import { h, type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { JobTicketsError } from '../client/errors.ts';
import type { JobPriority } from '../client/job.ts';
import type { Actions } from './actions.ts';
import type { JobTypeInfo } from './documents.ts';
import { FieldInput } from './fieldInput.ts';
import { fieldsOf, paramsOf, parseJson, valuesOf, type FieldProblem, type FormField, type FormValues } from './paramsForm.ts';

export interface CreateDialogProps {
  readonly types: readonly JobTypeInfo[];
  readonly actions: Pick<Actions, 'create'>;
  /** With the jobId of the job that was created. */
  readonly onClose: (created?: string) => void;
}

export function CreateDialog({ types, actions, onClose }: CreateDialogProps): ComponentChildren {
  const dialog = useModal();
  const [name, setName] = useState(types[0]?.name ?? '');
  const type = types.find((known) => known.name === name) ?? types[0];
  const fields = type === undefined ? undefined : fieldsOf(type.paramsSchema);
  return h(
    'dialog',
    { ref: dialog, class: 'card', 'aria-labelledby': 'create-title', onClose: () => onClose() },
    h('h2', { id: 'create-title' }, 'New job'),
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'job-type' }, 'Type'),
      h(
        'select',
        {
          id: 'job-type',
          value: name,
          onChange: ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }) => setName(currentTarget.value),
        },
        types.map((known) => h('option', { key: known.name, value: known.name }, known.name)),
      ),
      h('p', { class: 'muted' }, type?.description ?? 'The job types could not be read yet.'),
    ),
    type === undefined ? null : h(ParamsForm, { key: name, type, fields, actions, onClose }),
  );
}

interface ParamsFormProps extends Pick<CreateDialogProps, 'actions' | 'onClose'> {
  readonly type: JobTypeInfo;
  readonly fields: readonly FormField[] | undefined;
}

function ParamsForm({ type, fields, actions, onClose }: ParamsFormProps): ComponentChildren {
  const [values, setValues] = useState<FormValues>(() => valuesOf(fields ?? [], type.example));
  const [json, setJson] = useState<string | undefined>(fields === undefined ? JSON.stringify(type.example, undefined, 2) : undefined);
  const [priority, setPriority] = useState<JobPriority>('NORMAL');
  const [delaySeconds, setDelay] = useState('0');
  const [problem, setProblem] = useState<FieldProblem | undefined>();
  const [isSending, setSending] = useState(false);

  function given(): { readonly params: unknown } | FieldProblem {
    if (json === undefined) return paramsOf(fields ?? [], values);
    const parsed = parseJson(json);
    return parsed === undefined ? { field: 'json', message: 'This is not JSON.' } : { params: parsed.value };
  }

  async function send(): Promise<void> {
    const input = given();
    if ('message' in input) return setProblem(input);
    setSending(true);
    try {
      const idempotencyKey = crypto.randomUUID();
      onClose(
        await actions.create({ type: type.name, params: input.params, priority, delaySeconds: Number(delaySeconds), idempotencyKey }),
      );
    } catch (error) {
      setProblem(problemOf(error));
      setSending(false);
    }
  }

  const turn = (): void => {
    const input = given();
    if ('message' in input) return setProblem(input);
    setProblem(undefined);
    if (json === undefined) return setJson(JSON.stringify(input.params, undefined, 2));
    setValues(valuesOf(fields ?? [], input.params));
    return setJson(undefined);
  };
  const problemAt = (field: string): string | undefined => (problem?.field === field ? problem.message : undefined);
  const isElsewhere = problem !== undefined && !(json === undefined && fields?.some(({ name }) => name === problem.field) === true);
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send();
  };

  return h(
    'form',
    { onSubmit, noValidate: json !== undefined },
    json !== undefined
      ? h('textarea', {
          'aria-label': 'Params as JSON',
          rows: 10,
          spellcheck: false,
          value: json,
          onInput: ({ currentTarget }: { readonly currentTarget: HTMLTextAreaElement }) => setJson(currentTarget.value),
        })
      : fields?.map((field) =>
          h(FieldInput, {
            key: field.name,
            field,
            value: values[field.name] ?? '',
            problem: problemAt(field.name),
            onInput: (value) => setValues({ ...values, [field.name]: value }),
          }),
        ),
    h(
      'div',
      { class: 'row fields' },
      h(
        'div',
        { class: 'field' },
        h('label', { for: 'job-priority' }, 'Priority'),
        h(
          'select',
          {
            id: 'job-priority',
            value: priority,
            onChange: ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }) =>
              setPriority(priorities.find((name) => name === currentTarget.value) ?? 'NORMAL'),
          },
          priorities.map((name) => h('option', { key: name, value: name }, name)),
        ),
      ),
      h(
        'div',
        { class: 'field' },
        h('label', { for: 'job-delay' }, 'Delay, in seconds'),
        h('input', {
          id: 'job-delay',
          type: 'number',
          min: 0,
          max: 900,
          value: delaySeconds,
          onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setDelay(currentTarget.value),
        }),
      ),
    ),
    isElsewhere ? h('p', { class: 'problem', role: 'alert' }, problem.message) : null,
    h(
      'div',
      { class: 'row dialog-end' },
      fields === undefined
        ? null
        : h('button', { type: 'button', class: 'quiet', onClick: turn }, json === undefined ? 'Edit as JSON' : 'Edit as a form'),
      h('span', { class: 'spacer' }),
      h('button', { type: 'button', onClick: () => onClose() }, 'Close'),
      h('button', { type: 'submit', class: 'primary', disabled: isSending }, isSending ? 'Sending …' : 'Create job'),
    ),
  );
}

const priorities = ['HIGH', 'NORMAL', 'LOW'] as const satisfies readonly JobPriority[];

/** The API names the way to what it does not like: `input.params.durationMs`. */
function problemOf(error: unknown): FieldProblem {
  const message = error instanceof Error ? error.message : String(error);
  const path = error instanceof JobTicketsError ? (error.details.path ?? []) : [];
  const field = path[path.indexOf('params') + 1];
  return { field: typeof field === 'string' ? field : '', message };
}

/** Opens as soon as it is drawn; Escape closes it, and what had the focus gets it back. */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return dialog;
}
