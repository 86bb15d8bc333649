/**
 * Which pages may call: those of this host, and those of CORS_ORIGINS. A request without Origin comes from no browser, or from
 * a plain link.
 */
export function createOriginCheck(corsOrigins: readonly string[]): (headers: OriginHeaders) => boolean {
  const listed = new Set(corsOrigins);
  return ({ origin, host }) => origin === undefined || listed.has(origin) || hostOf(origin) === host?.toLowerCase();
}

interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/** The scheme is ignored: behind a proxy that terminates TLS, the server does not know its own. */
function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host ?? null;
}
