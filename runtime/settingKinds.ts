/** Kinds of settings: how a number, an address, a text and a list are written in an environment variable. */
import { z } from 'zod';

export const whole = (min: number, max: number) =>
  z.stringFormat('whole number', /^\d+$/).transform(Number).pipe(z.int().min(min).max(max));
export const endpoint = z.url({ protocol: /^https?$/ });
export const text = z.string().min(1);
/** Separated by commas; an empty entry is taken for a mistake. */
export const list = text
  .transform((names) => names.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().min(1, 'an entry of the list is empty')));
