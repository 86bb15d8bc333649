/** The text that annotations and form fields show on a page. */

/**
 * The text of an annotation as pdf.js gives it: what is drawn, else the value or contents that a viewer would draw. Hidden
 * annotations, passwords, and notes that open on a click give nothing.
 */
export function annotationText(annotation: object): string {
  const field = (name: string): unknown => Reflect.get(annotation, name);
  if (field('hidden') === true || field('noView') === true || field('password') === true) return '';
  const drawn = textOf(field('textContent'));
  if (drawn !== '') return drawn;
  if (field('subtype') === 'FreeText') return textOf(field('contents')) || textOf(strIn(field('contentsObj')));
  if (field('subtype') !== 'Widget') return '';
  if (field('fieldType') === 'Ch') return choices(field('options'), field('fieldValue'), field('combo') === true);
  return field('fieldType') === 'Tx' ? textOf(field('fieldValue')) : '';
}

/** A list shows all its choices; a drop-down shows the chosen one, as it is displayed. */
function choices(options: unknown, value: unknown, isClosed: boolean): string {
  const all = Array.isArray(options) ? options.map(choiceOf) : [];
  if (!isClosed && all.length > 0) return all.map(({ shown }) => shown).join('\n');
  const chosen = textOf(value);
  return all.find(({ exported }) => exported === chosen)?.shown ?? chosen;
}

function choiceOf(option: unknown): { readonly exported: string; readonly shown: string } {
  const field = (name: string): string => (typeof option === 'object' && option !== null ? textOf(Reflect.get(option, name)) : '');
  return { exported: field('exportValue'), shown: field('displayValue') };
}

function strIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, 'str') : undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(textOf).join('\n').trim() : '';
}
