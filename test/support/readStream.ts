/** Reads an answer that goes on to its end, whole or broken off. */

export interface ReadStream {
  readonly text: string;
  /** False: it broke off, which tells a client to come back. */
  readonly isWhole: boolean;
}

export async function readStream(response: Response): Promise<ReadStream> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, isWhole: true };
  } catch {
    return { text, isWhole: false };
  }
}
