/** The texts in the form of a schedule, and the input for the API that they stand for. */
import { inputOfTime, timeOfInput } from './localTime.ts';
import type { OperatedSchedule } from './operateDocuments.ts';
import { parseJson } from './paramsForm.ts';

export interface ScheduleForm {
  readonly name: string;
  readonly kind: 'cron' | 'interval';
  readonly cron: string;
  readonly everySeconds: string;
  readonly timeZone: string;
  readonly type: string;
  /** As JSON. */
  readonly params: string;
  readonly priority: string;
  readonly overlap: string;
  readonly catchUp: string;
  readonly jitterSeconds: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** The initial values; `schedule`: the one to change. */
export function formOf(
  schedule: OperatedSchedule | undefined,
  first: { readonly name: string; readonly example: unknown } | undefined,
): ScheduleForm {
  const spec = schedule?.spec;
  return {
    name: schedule?.name ?? '',
    kind: spec?.everySeconds === null || spec === undefined ? 'cron' : 'interval',
    cron: spec?.cron ?? '0 3 * * *',
    everySeconds: String(spec?.everySeconds ?? 300),
    timeZone: spec?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    type: schedule?.type ?? first?.name ?? '',
    params: JSON.stringify(schedule === undefined ? first?.example : schedule.params, undefined, 2) ?? '{}',
    priority: schedule?.priority ?? 'NORMAL',
    overlap: schedule?.overlap ?? 'SKIP',
    catchUp: schedule?.catchUp ?? 'ONCE',
    jitterSeconds: String(spec?.jitterSeconds ?? 0),
    startsAt: inputOfTime(spec?.startsAt),
    endsAt: inputOfTime(spec?.endsAt),
  };
}

/** Undefined: its params are not JSON. `isNew`: with a name, and without values to remove. */
export function inputOfForm(form: ScheduleForm, isNew: boolean): Readonly<Record<string, unknown>> | undefined {
  const params = parseJson(form.params);
  if (params === undefined) return undefined;
  const { name, kind, cron, everySeconds, timeZone, type, priority, overlap, catchUp, jitterSeconds } = form;
  const absent = isNew ? undefined : null;
  return {
    ...(isNew ? { name } : {}),
    ...(kind === 'cron' ? { cron } : { everySeconds: Number(everySeconds) }),
    timeZone,
    type,
    params: params.value,
    priority,
    overlap,
    catchUp,
    jitterSeconds: Number(jitterSeconds),
    startsAt: timeOfInput(form.startsAt) ?? absent,
    endsAt: timeOfInput(form.endsAt) ?? absent,
  };
}
