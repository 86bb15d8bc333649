/** The caller's token, kept for this tab alone. */
const key = 'job-tickets-token';

export function readToken(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** Begins anew with it. */
export function signIn(token: string): void {
  if (token === '') sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
  location.reload();
}
