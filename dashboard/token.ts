/** The caller's token, kept only for this tab. */
const key = 'job-tickets-token';

export function readToken(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** Reloads the page with it. */
export function signIn(token: string): void {
  if (token === '') sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
  location.reload();
}
