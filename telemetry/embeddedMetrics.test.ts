import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createEmbeddedMetrics, embeddedMetrics } from './embeddedMetrics.ts';

/** Source: "Specification: Embedded metric format", its JSON schema. */
const line = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int(),
    CloudWatchMetrics: z.array(
      z.strictObject({
        Namespace: z.string().min(1).max(1024),
        Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
        Metrics: z.array(z.strictObject({ Name: z.string().min(1).max(1024), Unit: z.enum(['Count', 'Seconds']) })).max(100),
      }),
    ),
  }),
});

function setup() {
  const lines: z.infer<typeof line>[] = [];
  const embedded = createEmbeddedMetrics({
    part: 'worker',
    namespace: 'JobTickets/prod',
    write: (text) => void lines.push(line.parse(JSON.parse(text))),
    now: () => 1000,
  });
  return { embedded, lines };
}

describe('measurements in the log', () => {
  test('are added up and written once, in the format that CloudWatch reads', async () => {
    const { embedded, lines } = setup();
    embedded.add('jobsCreated', 1, { type: 'a', priority: 'HIGH' });
    embedded.add('jobsCreated', 2, { type: 'b', priority: 'LOW' });
    embedded.add('endToEnd', 1.5, { type: 'a', status: 'SUCCEEDED' });
    embedded.add('endToEnd', 2.5, { type: 'a', status: 'SUCCEEDED' });
    embedded.add('sweeps', 1, { action: 'sentAgain' });
    embedded.add('sweeps', 1, { action: 'ended' });
    expect(lines).toEqual([]);
    await embedded.flush();
    await embedded.flush();
    const Metrics = [
      { Name: 'jobs.created', Unit: 'Count' },
      { Name: 'jobs.duration', Unit: 'Seconds' },
      { Name: 'jobs.sweeps.sent_again', Unit: 'Count' },
    ];
    expect(lines).toEqual([
      {
        _aws: { Timestamp: 1000, CloudWatchMetrics: [{ Namespace: 'JobTickets/prod', Dimensions: [[]], Metrics }] },
        part: 'worker',
        'jobs.created': 3,
        'jobs.duration': [1.5, 2.5],
        'jobs.sweeps.sent_again': 1,
      },
    ]);
  });

  test('of gauges are read at each write, until they are removed; one that cannot be read does not affect the others', async () => {
    const { embedded, lines } = setup();
    let seconds = 0;
    const forget = embedded.gauge('waitingOldest', () => {
      seconds += 60;
      return Promise.resolve([{ value: seconds, attributes: { priority: 'LOW' } }]);
    });
    embedded.gauge('waitingOldest', () => Promise.reject(new Error('away')));
    await embedded.flush();
    await embedded.flush();
    forget();
    await embedded.flush();
    expect(lines.map((one) => [one['priority'], one['jobs.waiting.oldest'], one._aws.CloudWatchMetrics[0]?.Dimensions])).toEqual([
      ['LOW', 60, [['priority']]],
      ['LOW', 120, [['priority']]],
    ]);
  });

  test('never have more values than a line may hold', async () => {
    const { embedded, lines } = setup();
    for (let number = 0; number < 10_000; number += 1) embedded.add('queueWait', number);
    await embedded.flush();
    const values = z.array(z.number()).parse(lines[0]?.['jobs.queue.wait']);
    expect(values).toHaveLength(100);
    expect(Math.max(...values)).toBeGreaterThan(5000);
    expect(Math.min(...values)).toBeLessThan(5000);
  });

  test('make ten metrics at most, whatever is measured: so many are free', async () => {
    const { embedded, lines } = setup();
    for (const metric of embeddedMetrics) {
      const values = 'by' in metric ? [...metric.by.values, 'OTHER'] : ['x', 'y'];
      for (const value of values) {
        const attributes = { type: value, priority: value, status: value, ...('where' in metric ? metric.where : {}) };
        if (metric.of === 'waitingOldest') embedded.gauge(metric.of, () => Promise.resolve([{ value: 1, attributes }]));
        else embedded.add(metric.of, 1, attributes);
      }
    }
    await embedded.flush();
    const metrics = lines.flatMap((one) =>
      one._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
        Metrics.map(({ Name }) => JSON.stringify([Name, Dimensions[0]?.map((dimension) => one[dimension])])),
      ),
    );
    expect(new Set(metrics).size).toBe(metrics.length);
    expect(metrics).toHaveLength(10);
  });
});
