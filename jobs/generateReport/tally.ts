/** Reads the amounts of a column and counts what was skipped and what was converted. */
import { PermanentError } from '../../core/errors.ts';
import { readAmount, type Conversion, type DecimalMark } from './amount.ts';
import type { Decimal } from './decimal.ts';

export interface Counts {
  readonly skipped: { readonly empty: number; readonly notAvailable: number };
  readonly converted: Readonly<Record<Conversion, number>>;
}

export interface Tally {
  /**
   * Undefined for a cell that adds nothing.
   *
   * @throws {PermanentError} with the place first, for a cell that is no amount, and for amounts in two currencies.
   */
  read(cell: string, place: () => string): Decimal | undefined;
  counts(): Counts;
  /** The currency of the amounts, if they had one. */
  currency(): string | undefined;
}

export function createTally(mark: DecimalMark): Tally {
  const skipped = { empty: 0, notAvailable: 0 };
  const converted = { thousands: 0, currency: 0, parentheses: 0, percent: 0 };
  let currency: string | undefined;
  return {
    read(cell, place) {
      const amount = readAmount(cell, mark);
      if (amount === undefined) throw new PermanentError(`${place()}: ${shown(cell)} is not a number${hintOn(cell, mark)}`);
      if (amount.kind === 'empty' || amount.kind === 'notAvailable') {
        skipped[amount.kind] += 1;
        return undefined;
      }
      if (amount.kind === 'converted') {
        for (const conversion of amount.by) converted[conversion] += 1;
        currency ??= amount.currency;
        if (amount.currency !== undefined && amount.currency !== currency) {
          throw new PermanentError(`${place()}: ${shown(cell)} is in another currency than the amounts before, in ${currency}`);
        }
      }
      return amount.value;
    },
    counts: () => ({ skipped: { ...skipped }, converted: { ...converted } }),
    currency: () => currency,
  };
}

function shown(cell: string): string {
  return JSON.stringify(cell.length > 100 ? `${cell.slice(0, 100).toWellFormed()}…` : cell);
}

function hintOn(cell: string, mark: DecimalMark): string {
  const other = mark === '.' ? ',' : '.';
  return readAmount(cell, other) === undefined
    ? ''
    : `; where ${JSON.stringify(other)} stands before decimals, say so with the param decimal`;
}
