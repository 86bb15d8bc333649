import { expect, test } from 'vitest';
import { openTelemetry } from './openTelemetry.ts';

test('measurements are added up by their attributes, however these are ordered, and scraped as often as one likes', async () => {
  await using opened = new AsyncDisposableStack();
  const { telemetry, scrape } = opened.adopt(openTelemetry({ part: 'test', exportsOtlp: false }), ({ close }) => close());
  telemetry.count('jobsCreated', { type: 'a', priority: 'HIGH' });
  telemetry.count('jobsCreated', { priority: 'HIGH', type: 'a' }, 2);
  telemetry.count('jobsCreated', { type: 'b', priority: 'HIGH' });
  telemetry.record('queueWait', 0.5, { priority: 'HIGH' });
  for (const _ of [1, 2]) {
    const text = await scrape();
    expect(text).toMatch(/^# TYPE jobs_created_total counter$/m);
    expect(text.match(/^jobs_created_total\{.*\} \d+$/gm)).toHaveLength(2);
    expect(text).toMatch(/^jobs_created_total\{.*type="a".*\} 3$/m);
    expect(text).toMatch(/^jobs_created_total\{.*type="b".*\} 1$/m);
    expect(text).toMatch(/^jobs_queue_wait_count\{.*priority="HIGH".*\} 1$/m);
  }
  telemetry.count('jobsCreated', { priority: 'HIGH', type: 'a' });
  expect(await scrape()).toMatch(/^jobs_created_total\{.*type="a".*\} 4$/m);
});

test('without a collector there are no spans: what would run in one runs as it is', async () => {
  await using opened = new AsyncDisposableStack();
  const { telemetry } = opened.adopt(openTelemetry({ part: 'test', exportsOtlp: false }), ({ close }) => close());
  const running = Promise.resolve();
  expect(telemetry.span('request', {}, () => running)).toBe(running);
  expect(telemetry.running()).toEqual({});
  expect(telemetry.traceHeader()).toBeUndefined();
});
