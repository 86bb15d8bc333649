/** A form made from a JSON Schema: its fields, and the params that their texts stand for. */

export interface FormField {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'checkbox' | 'choice' | 'json';
  readonly hint: string;
  readonly isRequired: boolean;
  /** The value of an empty field, as text. */
  readonly byDefault: string;
  readonly choices: readonly string[];
  readonly isWhole: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly maxLength: number | undefined;
  readonly pattern: string | undefined;
}

/** By field; a checkbox is `true` or `false`. */
export type FormValues = Readonly<Record<string, string>>;

/** `undefined` where the params are not a plain object: then they are written as JSON. */
export function fieldsOf(schema: unknown): readonly FormField[] | undefined {
  const { type, properties, required } = recordOf(schema);
  if (type !== 'object' || properties === undefined) return undefined;
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(recordOf(properties)).map(([name, property]) => fieldOf(name, recordOf(property), needed.includes(name)));
}

function fieldOf(name: string, property: Record<string, unknown>, isNeeded: boolean): FormField {
  const { type, description, default: byDefault } = property;
  const choices = Array.isArray(property['enum']) ? property['enum'].map(String) : [];
  return {
    name,
    kind: kindOf(type, choices),
    hint: typeof description === 'string' ? description : '',
    isRequired: isNeeded && byDefault === undefined,
    byDefault: byDefault === undefined ? '' : textOf(byDefault),
    choices,
    isWhole: type === 'integer',
    min: numberOf(property['minimum']),
    max: numberOf(property['maximum'], Number.MAX_SAFE_INTEGER),
    maxLength: numberOf(property['maxLength']),
    pattern: typeof property['pattern'] === 'string' ? property['pattern'] : undefined,
  };
}

function kindOf(type: unknown, choices: readonly string[]): FormField['kind'] {
  if (choices.length > 0) return 'choice';
  if (type === 'boolean') return 'checkbox';
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'string' ? 'text' : 'json';
}

/** The initial values of the form: the type's example, and its defaults. */
export function valuesOf(fields: readonly FormField[], params: unknown): FormValues {
  const given = recordOf(params);
  return Object.fromEntries(
    fields.map(({ name, kind, byDefault }) => {
      if (!(name in given)) return [name, byDefault];
      return [name, kind === 'json' ? JSON.stringify(given[name]) : textOf(given[name])];
    }),
  );
}

/** Whether the form can show all of them; otherwise they are written as JSON. */
export function hasFieldsFor(fields: readonly FormField[], params: unknown): boolean {
  const isRecord = typeof params === 'object' && params !== null && !Array.isArray(params);
  return isRecord && fields.length > 0 && Object.keys(params).every((key) => fields.some(({ name }) => name === key));
}

export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** The params that the texts stand for. An empty field is left out. */
export function paramsOf(fields: readonly FormField[], values: FormValues): { readonly params: Record<string, unknown> } | FieldProblem {
  const params: Record<string, unknown> = {};
  for (const { name, kind, isRequired } of fields) {
    const text = values[name] ?? '';
    if (text === '') {
      if (isRequired) return { field: name, message: 'This one is needed.' };
    } else if (kind === 'number') {
      if (!Number.isFinite(Number(text))) return { field: name, message: 'This has to be a number.' };
      params[name] = Number(text);
    } else if (kind === 'checkbox') {
      params[name] = text === 'true';
    } else if (kind === 'json') {
      const parsed = parseJson(text);
      if (parsed === undefined) return { field: name, message: 'This has to be JSON: text in quotes, a number, an object …' };
      params[name] = parsed.value;
    } else {
      params[name] = text;
    }
  }
  return { params };
}

export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function numberOf(value: unknown, unlessFrom = Infinity): number | undefined {
  return typeof value === 'number' && value < unlessFrom ? value : undefined;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
