/** `crypto.randomUUID` exists only in secure contexts, and pages are also read over plain HTTP in private networks. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
