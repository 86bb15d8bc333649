/** The form of the dialog: params by field or as JSON, priority, start and tags, and the API's errors. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { JobTicketsError } from '../client/errors.ts';
import type { Actions } from './actions.ts';
import { FieldInput } from './fieldInput.ts';
import { inputOfStart, StartFields, type Start } from './startFields.ts';
import { hasFieldsFor, paramsOf, parseJson, valuesOf, type FieldProblem, type FormField, type FormValues } from './paramsForm.ts';

export interface NewJobFormProps {
  readonly type: string;
  /** `undefined`: its params are written as JSON. */
  readonly fields: readonly FormField[] | undefined;
  /** The values to start from. */
  readonly params: unknown;
  readonly start: Start;
  readonly actions: Pick<Actions, 'create'>;
  /** With the jobId of the job that was created. */
  readonly onClose: (created?: string) => void;
}

export function NewJobForm({ type, fields, params, start: firstStart, actions, onClose }: NewJobFormProps): ComponentChildren {
  const [values, setValues] = useState<FormValues>(() => valuesOf(fields ?? [], params));
  const [json, setJson] = useState(() => (hasFieldsFor(fields ?? [], params) ? undefined : JSON.stringify(params, undefined, 2)));
  const [start, setStart] = useState(firstStart);
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
      onClose(await actions.create({ type, params: input.params, ...inputOfStart(start) }));
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
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send();
  };
  const inputOf = (field: FormField): ComponentChildren => {
    const { name } = field;
    const onInput = (value: string): void => setValues({ ...values, [name]: value });
    const fault = problem?.field === name ? problem.message : undefined;
    return html`<${FieldInput} key=${name} field=${field} value=${values[name] ?? ''} problem=${fault} onInput=${onInput} />`;
  };
  const isElsewhere = problem !== undefined && !(json === undefined && fields?.some(({ name }) => name === problem.field) === true);

  return html`<form onSubmit=${onSubmit} noValidate=${json !== undefined}>
    ${json === undefined ? fields?.map(inputOf) : html`<${JsonInput} value=${json} onInput=${setJson} />`}
    <${StartFields} start=${start} onChange=${setStart} />
    ${isElsewhere && html`<p class="problem" role="alert">${problem.message}</p>`}
    <div class="row dialog-end">
      ${
        fields !== undefined &&
        html`<button type="button" class="quiet" onClick=${turn}>${json === undefined ? 'Edit as JSON' : 'Edit as a form'}</button>`
      }
      <span class="spacer"></span>
      <button type="button" onClick=${() => onClose()}>Close</button>
      <button type="submit" class="primary" disabled=${isSending}>${isSending ? 'Sending …' : 'Create job'}</button>
    </div>
  </form>`;
}

interface JsonInputProps {
  readonly value: string;
  readonly onInput: (json: string) => void;
}

function JsonInput({ value, onInput }: JsonInputProps): ComponentChildren {
  const onText = ({ currentTarget }: { readonly currentTarget: HTMLTextAreaElement }): void => onInput(currentTarget.value);
  return html`<textarea aria-label="Params as JSON" rows=${10} spellcheck=${false} value=${value} onInput=${onText} />`;
}

/** The API gives the path of the wrong value: `input.params.durationMs`. */
function problemOf(error: unknown): FieldProblem {
  const message = error instanceof Error ? error.message : String(error);
  const path = error instanceof JobTicketsError ? (error.details.path ?? []) : [];
  const field = path[path.indexOf('params') + 1];
  return { field: typeof field === 'string' ? field : '', message };
}
