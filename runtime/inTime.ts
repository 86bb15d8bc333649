/** Waits for an answer, and no longer than it may take. */

/** @throws {Error} when there is none within `timeoutMs`; what was asked goes on by itself. */
export async function inTime<Answer>(asked: Promise<Answer>, timeoutMs: number): Promise<Answer> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([asked, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a part may take to say that it is there: less than those wait who ask for all parts. */
export const checkTimeoutMs = 1500;
