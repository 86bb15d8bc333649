/** Decimal numbers added up exactly: money comes in tenths and hundredths, which binary fractions only come near. */

/** units / 10 ** scale. */
export interface Decimal {
  readonly units: bigint;
  /** 0 or more. */
  readonly scale: number;
}

export const zero: Decimal = { units: 0n, scale: 0 };

/** Bounds what one number can cost; no double needs more. */
const maxLength = 400;
const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** Numbers as programs write them, or undefined: `1,234`, `12 €`, `0x10` and nothing at all are not guessed at. */
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
  const [coarse, fine] = a.scale < b.scale ? [a, b] : [b, a];
  return {
    units: coarse.units * 10n ** BigInt(fine.scale - coarse.scale) + fine.units,
    scale: fine.scale,
  };
}

/** The nearest double; infinite when there is none. */
export function toNumber({ units, scale }: Decimal): number {
  return Number(`${units}e-${scale}`);
}
