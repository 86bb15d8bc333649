/** Text and numbers as HTML: nothing that stands in a file becomes markup, or turns the text beside it. */
import { toText, type Decimal } from './decimal.ts';

/** For text and for quoted attributes. Control characters are shown as the signs that Unicode has for them. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/(?![\t\r\n])\p{Cc}/gu, (control) => (control < ' ' ? String.fromCodePoint(0x2400 + control.charCodeAt(0)) : '\u2421'));
}

/** Text of a file in a sentence or cell of ours: whatever its direction, it ends with the element. */
export function isolated(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

/** The number in groups of three, and as programs read it. */
export function amountHtml(decimal: Decimal): string {
  const text = toText(decimal);
  return `<data value="${text}">${grouped(text)}</data>`;
}

export function countHtml(count: number): string {
  return grouped(String(count));
}

/** `12345.67` as `12,345.67`; what has an exponent stays as it is. */
function grouped(text: string): string {
  if (text.includes('e')) return text;
  const [whole = '', fraction] = text.split('.');
  const parts = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}
