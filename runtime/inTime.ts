/** Waits for an answer, but not longer than a time limit. */

/** @throws {Error} when there is none within `timeoutMs`; the call itself continues. */
export async function inTime<Answer>(asked: Promise<Answer>, timeoutMs: number): Promise<Answer> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([asked, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long a part may take to say that it is ready: less than the callers wait who ask all parts. */
export const checkTimeoutMs = 1500;
