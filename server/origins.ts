/** Which pages may call: those of this host, and those of CORS_ORIGINS. No Origin: no browser, or a plain link. */
export function createOriginCheck(corsOrigins: readonly string[]): (headers: OriginHeaders) => boolean {
  const listed = new Set(corsOrigins);
  return ({ origin, host }) => origin === undefined || listed.has(origin) || hostOf(origin) === host?.toLowerCase();
}

interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/** The scheme is left aside: behind a proxy that ends TLS we do not know our own. */
function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host ?? null;
}
