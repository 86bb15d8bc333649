import { describe, expect, test } from 'vitest';
import { createEmfTelemetry } from './emfTelemetry.ts';

describe('a Lambda’s measurements', () => {
  test('are written after each event, added up by their dimensions, as CloudWatch reads them', () => {
    const lines: unknown[] = [];
    const { telemetry, flush } = createEmfTelemetry({
      part: 'dlqHandler',
      write: (line) => void lines.push(JSON.parse(line)),
      now: () => 1000,
    });
    telemetry.count('deadLetters', { type: 'simulate_work' });
    telemetry.count('deadLetters', { type: 'simulate_work' });
    telemetry.record('endToEnd', 1.5, { type: 'simulate_work' });
    telemetry.record('endToEnd', 2.5, { type: 'simulate_work' });
    expect(lines).toEqual([]);
    flush();
    flush();
    const directive = (Name: string, Unit: string) => ({
      Timestamp: 1000,
      CloudWatchMetrics: [{ Namespace: 'JobTickets', Dimensions: [['part', 'type']], Metrics: [{ Name, Unit }] }],
    });
    expect(lines).toEqual([
      { _aws: directive('jobs.dead_letters', 'Count'), part: 'dlqHandler', type: 'simulate_work', 'jobs.dead_letters': 2 },
      { _aws: directive('jobs.duration', 'Seconds'), part: 'dlqHandler', type: 'simulate_work', 'jobs.duration': [1.5, 2.5] },
    ]);
  });
});
