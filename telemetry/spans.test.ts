import { SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { describe, expect, test } from 'vitest';
import type { EndedSpan } from './activeSpan.ts';
import { createSpans } from './spans.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

function setup() {
  const ended: EndedSpan[] = [];
  let last = 0;
  const newId = (length: number) => () => String((last += 1)).padStart(length, '0');
  const contexts = new AsyncLocalStorageContextManager().enable();
  const spans = createSpans({
    contexts,
    newTraceId: newId(32),
    newSpanId: newId(16),
    isSampled: (context) => ((trace.getSpanContext(context)?.traceFlags ?? TraceFlags.SAMPLED) & TraceFlags.SAMPLED) !== 0,
    take: (span) => void ended.push(span),
  });
  const lineage = ({ name, parent }: EndedSpan): string => {
    const above = ended.find(({ context }) => context.spanId === parent?.spanId);
    return above === undefined ? name : `${lineage(above)} > ${name}`;
  };
  return { spans, contexts, ended, lineages: () => ended.map(lineage).toSorted() };
}

const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe('spans', () => {
  test('are exported when they end, as children of the span that ran when they began, through awaits and side by side', async () => {
    const { spans, ended, lineages } = setup();
    const job = (name: string) =>
      spans.run(name, {}, async () => {
        await wait();
        await spans.run('send', { kind: SpanKind.PRODUCER }, wait);
        await wait();
        await spans.run('attempt', { attributes: { number: 1, outcome: 'none' } }, async (annotate) => {
          annotate({ outcome: 'returned' });
          await wait();
        });
      });
    await Promise.all([job('a'), job('b')]);
    expect(lineages()).toEqual(['a', 'a > attempt', 'a > send', 'b', 'b > attempt', 'b > send']);
    expect(new Set(ended.map(({ context }) => context.traceId)).size).toBe(2);
    expect(ended.find(({ name }) => name === 'attempt')?.attributes).toEqual({ number: 1, outcome: 'returned' });
    expect(ended.find(({ name }) => name === 'a')?.durationMs).toBeGreaterThan(2);
    expect(spans.running()).toBeUndefined();
  });

  test('are marked as failed by a rejection, which is passed on, and by an error before the promise', async () => {
    const { spans, ended } = setup();
    const rejected = spans.run('rejects', {}, () => Promise.reject(new TypeError('secret')));
    await expect(rejected).rejects.toThrow(TypeError);
    const thrown = spans.run('throws', {}, () => {
      throw new RangeError('secret');
    });
    await expect(thrown).rejects.toThrow(RangeError);
    expect(ended.map(({ failure }) => failure)).toEqual(['TypeError', 'RangeError']);
  });

  test.each([
    { traceparent: `00-${traceId}-${spanId}-01` },
    { xray: `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=1` },
    { xray: 'nonsense', traceId, spanId },
  ])('continue the trace of %j', async (origin) => {
    const { spans, ended } = setup();
    await spans.run('outer', {}, () => spans.run('process', { origin }, wait));
    expect(ended[0]?.parent).toMatchObject({ traceId, spanId, isRemote: true });
    expect(ended[0]?.context.traceId).toBe(traceId);
  });

  test('begin a trace of their own where no valid one is given', async () => {
    const { spans, ended } = setup();
    for (const origin of [{}, { traceId: 'none' }]) await spans.run('process', { origin }, wait);
    expect(ended.map(({ parent }) => parent)).toEqual([undefined, undefined]);
  });

  test('of a trace that is not sampled are not exported, and pass on that it is not sampled', async () => {
    const { spans, ended } = setup();
    await spans.run('request', { origin: { traceparent: `00-${traceId}-${spanId}-00` } }, async () => {
      await spans.run('send', {}, async () => {
        expect(spans.running()).toMatchObject({ traceId, traceFlags: 0 });
        await wait();
      });
    });
    expect(ended).toEqual([]);
  });

  test('are the active ones, which users’ own code may describe', async () => {
    const { spans, contexts, ended } = setup();
    await spans.run('attempt', { attributes: { number: 1 } }, async (annotate) => {
      const active = trace.getSpan(contexts.active());
      expect(active?.spanContext()).toEqual(spans.running());
      expect(active?.isRecording()).toBe(true);
      active?.setAttribute('customer', 'a').updateName('attempt renamed').addEvent('charged', { cents: 5 });
      active?.recordException(new TypeError('secret'));
      active?.addLink({ context: { traceId, spanId, traceFlags: 1 } });
      active?.setStatus({ code: SpanStatusCode.ERROR, message: 'declined' });
      await wait();
      annotate({ outcome: 'threw' });
    });
    expect(ended).toMatchObject([
      {
        name: 'attempt renamed',
        attributes: { number: 1, customer: 'a', outcome: 'threw' },
        failure: 'declined',
        events: [
          { name: 'charged', attributes: { cents: 5 } },
          { name: 'exception', attributes: { 'exception.type': 'TypeError' } },
        ],
        links: [{ context: { traceId, spanId } }],
      },
    ]);
    expect(JSON.stringify(ended)).not.toContain('secret');
  });

  test('are exported once, however often users’ code ends them', async () => {
    const { spans, contexts, ended } = setup();
    await spans.run('attempt', {}, async () => {
      trace.getSpan(contexts.active())?.end();
      await wait();
    });
    expect(ended).toHaveLength(1);
  });
});
