/** Text and numbers as HTML: nothing in a file becomes markup, or changes the direction of the text beside it. */
import { toText, type Decimal } from './decimal.ts';

/** For text and for quoted attributes. Control characters are shown by Unicode's symbols for them. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/(?![\t\r\n])\p{Cc}/gu, (control) => (control < ' ' ? String.fromCodePoint(0x2400 + control.charCodeAt(0)) : '\u2421'));
}

/** Text from a file within a sentence or cell of the page: its direction ends with the element. */
export function isolated(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

/** The number in groups of three digits, and in a form that programs read. */
export function amountHtml(decimal: Decimal): string {
  const text = toText(decimal);
  return `<data value="${text}">${grouped(text)}</data>`;
}

export function countHtml(count: number): string {
  return grouped(String(count));
}

/** `12345.67` as `12,345.67`; a number with an exponent stays as it is. */
function grouped(text: string): string {
  if (text.includes('e')) return text;
  const [whole = '', fraction] = text.split('.');
  const parts = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}
