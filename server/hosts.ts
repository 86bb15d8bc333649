/** The host names by which a server without keys may be called. */
import { isIP } from 'node:net';

export interface HostCheckOptions {
  /** Whether everybody who reaches the server has all rights. */
  readonly isOpen: boolean;
  /** The address or name it listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
}

/**
 * Against DNS rebinding: a page of `evil.example`, whose name then resolves to this machine, has the same origin as this
 * server, but its browser sends that name. Addresses, and names without a dot, cannot be rebound by a stranger.
 */
export function createHostCheck({
  isOpen,
  host,
  allowedHosts,
}: HostCheckOptions): (headers: { readonly host?: string | undefined }) => boolean {
  if (!isOpen) return () => true;
  const allowed = new Set([host, ...allowedHosts].map((name) => name.toLowerCase()));
  return ({ host: called }) => {
    if (called === undefined) return true;
    const name = URL.parse(`http://${called}`)?.hostname ?? '';
    const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
    return isAddress || allowed.has(name) || /^[\w-]+$/.test(name) || name.endsWith('.localhost');
  };
}
