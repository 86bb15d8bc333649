/** Amounts as people write them in tables: `1,234`, `$12.50`, `(12.5)`, `12%`, nothing, `NA`. */
import { parseDecimal, type Decimal } from './decimal.ts';

export type DecimalMark = '.' | ',';

/** How a cell was converted, where it is not a plain number. */
export type Conversion = 'thousands' | 'currency' | 'parentheses' | 'percent';

export type Amount =
  | { readonly kind: 'plain'; readonly value: Decimal }
  | { readonly kind: 'converted'; readonly value: Decimal; readonly by: readonly Conversion[]; readonly currency: string | undefined }
  | { readonly kind: 'empty' }
  | { readonly kind: 'notAvailable' };

const maxLength = 400;
const notAvailable = /^(?:n\/?a|#n\/a|nan|null|none|nil|-{1,3}|–|—)$/i;

/** Undefined for any other text; it is not guessed at. */
export function readAmount(cell: string, mark: DecimalMark): Amount | undefined {
  const plain = mark === '.' ? parseDecimal(cell) : undefined;
  if (plain !== undefined) return { kind: 'plain', value: plain };
  if (cell.length > maxLength) return undefined;
  const text = cell.trim().replaceAll(/\s+/g, ' ').replaceAll('\u2212', '-');
  if (text === '') return { kind: 'empty' };
  if (notAvailable.test(text)) return { kind: 'notAvailable' };
  return converted(text, mark);
}

const shape = /^(\()? ?([+-]?) ?(\p{Sc}?) ?([+-]?) ?([\d.,'’ ]*[\d.,])(e[+-]?\d{1,3})? ?(%?) ?(\p{Sc}?) ?(\))?$/iu;
const grouped = { '.': /^\d{1,3}(?:([,'’ ])\d{3})(?:\1\d{3})*(?:\.\d*)?$/, ',': /^\d{1,3}(?:([.'’ ])\d{3})(?:\1\d{3})*(?:,\d*)?$/ };

function converted(text: string, mark: DecimalMark): Amount | undefined {
  const [, open, sign = '', before = '', inner = '', digits = '', exponent = '', percent = '', behind = '', close] = shape.exec(text) ?? [];
  const isNegative = sign === '-' || inner === '-';
  const signs = (open === undefined ? 0 : 1) + sign.length + inner.length;
  if (signs > 1 || (open === undefined) !== (close === undefined) || (before !== '' && behind !== '')) return undefined;
  const isGrouped = grouped[mark].test(digits);
  const plain = isGrouped ? digits.replaceAll(mark === '.' ? /[,'’ ]/g : /[.'’ ]/g, '') : digits;
  if (mark === ',' && plain.includes('.')) return undefined;
  const read = parseDecimal(`${plain.replace(mark, '.')}${exponent}`);
  if (read === undefined) return undefined;
  const units = isNegative || open !== undefined ? -read.units : read.units;
  const value = { units, scale: read.scale + (percent === '' ? 0 : 2) };
  const currency = before + behind;
  const by: Conversion[] = [];
  if (isGrouped) by.push('thousands');
  if (currency !== '') by.push('currency');
  if (open !== undefined) by.push('parentheses');
  if (percent !== '') by.push('percent');
  return by.length === 0 ? { kind: 'plain', value } : { kind: 'converted', value, by, currency: currency === '' ? undefined : currency };
}
