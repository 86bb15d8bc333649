/** The address of a bench's server. */
import type { Server } from 'node:http';
import { portOf } from '../../test/support/portOf.ts';

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${portOf(server)}`;
}
