/** Tokens as an issuer would sign them, for a server with this secret. */
import { SignJWT } from 'jose';

export const jwtSecret = 'a secret of at least 32 characters';

export function tokenFor(owner: string, scope = ''): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(owner)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(jwtSecret));
}
