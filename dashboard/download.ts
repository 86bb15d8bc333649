/** Fetches a file of the server with the caller's token, which a link cannot send, and lets the browser save it. */
import { readToken } from './token.ts';

/** @throws {Error} with the server's message. */
export async function fetchFile(path: string): Promise<Blob> {
  const token = readToken();
  const response = await fetch(path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  if (response.ok) return response.blob();
  throw new Error(messageOfBody(await response.json().catch(() => undefined)) ?? `The server answered ${response.status}.`);
}

export function saveAs(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has taken the file over by the next turn.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function messageOfBody(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return undefined;
  const first: unknown = body.errors.at(0);
  if (typeof first !== 'object' || first === null || !('message' in first)) return undefined;
  return typeof first.message === 'string' ? first.message : undefined;
}
