/** Reads Server-Sent Events, as the HTML standard defines them, from the body of an answer. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Ends with the body. `onBytes` is called for all bytes that come, also for comments. */
export async function* readEventStream(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<ServerSentEvent, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  for await (const chunk of chunksOf(body)) {
    onBytes();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, field, value = ''] = /^(\w+)(?:: ?(.*?))?\r?$/.exec(line) ?? [];
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (line.trim() === '') {
        if (event !== '') yield { event, data: data.join('\n') };
        event = '';
        data = [];
      }
    }
  }
}

/** Not all browsers can iterate over a stream. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
