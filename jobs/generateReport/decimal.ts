/** Decimal numbers added exactly: amounts of money have tenths and hundredths, which binary fractions only approximate. */

/** units / 10 ** scale. */
export interface Decimal {
  readonly units: bigint;
  /** 0 or more. */
  readonly scale: number;
}

export const zero: Decimal = { units: 0n, scale: 0 };

/** Bounds the cost of one number; no double needs more. */
const maxLength = 400;
const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** Numbers as programs write them, else undefined: `1,234`, `12 €`, `0x10` and empty text are not guessed at. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > maxLength) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = shape.exec(text) ?? [];
  if (whole + fraction === '' || !Number.isFinite(Number(text))) return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { units: digits, scale } : { units: digits * 10n ** BigInt(-scale), scale: 0 };
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.scale === b.scale) return { units: a.units + b.units, scale: a.scale };
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

/** Negative where a is nearer to zero than b. */
export function compareAbsolute(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [first, second] = [absolute(unitsAt(a, scale)), absolute(unitsAt(b, scale))];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** |part| / |whole|, to a ten-thousandth; 0 where the whole is 0. */
export function shareOf(part: Decimal, whole: Decimal): number {
  const scale = Math.max(part.scale, whole.scale);
  const all = absolute(unitsAt(whole, scale));
  return all === 0n ? 0 : Number((absolute(unitsAt(part, scale)) * 10_000n) / all) / 10_000;
}

/** All its digits, without trailing zeros: `-12.5`; with an exponent where that is far shorter. */
export function toText(decimal: Decimal): string {
  const sign = decimal.units < 0n ? '-' : '';
  let digits = absolute(decimal.units).toString();
  let { scale } = decimal;
  const needless = /0*$/.exec(digits)?.[0].length ?? 0;
  if (decimal.units === 0n) return '0';
  digits = digits.slice(0, digits.length - needless);
  scale -= needless;
  const exponent = digits.length - 1 - scale;
  if (exponent > maxPlainExponent || exponent < -maxPlainExponent) {
    return `${sign}${digits.slice(0, 1)}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${exponent}`;
  }
  if (scale <= 0) return sign + digits + '0'.repeat(-scale);
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

const maxPlainExponent = 40;

/** A number where a double holds exactly this, else its text. */
export function toJson(decimal: Decimal): number | string {
  const text = toText(decimal);
  const number = Number(text);
  const held = parseDecimal(String(number));
  return held !== undefined && held.units * decimal.units >= 0n && compareAbsolute(held, decimal) === 0 ? number : text;
}

function unitsAt({ units, scale }: Decimal, finer: number): bigint {
  return units * 10n ** BigInt(finer - scale);
}

function absolute(units: bigint): bigint {
  return units < 0n ? -units : units;
}
