/** Reads a streamed answer to its end, complete or broken off. */

export interface ReadStream {
  readonly text: string;
  /** False: it broke off, after which a client reconnects. */
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
