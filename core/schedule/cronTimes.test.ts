import { describe, expect, test } from 'vitest';
import { cronTimes } from './cronTimes.ts';

const at = (time: string): number => Date.parse(time);

function runs(cron: string, timeZone: string, from: string, until: string): readonly string[] {
  const times = cronTimes(cron, timeZone);
  const found: string[] = [];
  for (let time = times.after(at(from)); time !== undefined && time <= at(until); time = times.after(time)) {
    found.push(new Date(time).toISOString().slice(5, 16));
  }
  return found;
}

/** Clocks go forward at 01:00Z, from 02:00 to 03:00. */
const spring = ['2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z'] as const;
/** Clocks go back at 01:00Z, from 03:00 to 02:00. */
const autumn = ['2026-10-24T22:30:00Z', '2026-10-25T02:30:00Z'] as const;

describe('where clocks go forward', () => {
  test('a time that does not exist comes once, after the gap', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', ...spring)).toEqual(['03-29T01:00', '03-30T00:30']);
    expect(runs('0,30 2 * * *', 'Europe/Berlin', ...spring)).toEqual(['03-29T01:00', '03-30T00:00', '03-30T00:30']);
    expect(runs('*/30 2 * * *', 'Europe/Berlin', ...spring)).toEqual(['03-29T01:00', '03-30T00:00', '03-30T00:30']);
    expect(runs('0 2-3 * * *', 'Europe/Berlin', ...spring)).toEqual(['03-29T01:00', '03-30T00:00', '03-30T01:00']);
    expect(runs('0 */2 * * *', 'Europe/Berlin', '2026-03-28T22:30:00Z', '2026-03-29T04:30:00Z')).toEqual([
      '03-28T23:00',
      '03-29T01:00',
      '03-29T02:00',
      '03-29T04:00',
    ]);
  });

  test('hourly and finer schedules go on by elapsed time', () => {
    const range = ['2026-03-28T23:50:00Z', '2026-03-29T02:10:00Z'] as const;
    expect(runs('0 * * * *', 'Europe/Berlin', ...range)).toEqual(['03-29T00:00', '03-29T01:00', '03-29T02:00']);
    expect(runs('30 0-23 * * *', 'Europe/Berlin', ...range)).toEqual(['03-29T00:30', '03-29T01:30']);
    expect(runs('*/30 * * * *', 'Europe/Berlin', ...range)).toHaveLength(5);
  });
});

describe('where clocks go back', () => {
  test('a time that comes twice is used at its first occurrence', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', ...autumn)).toEqual(['10-25T00:30']);
    expect(runs('0,30 2 * * *', 'Europe/Berlin', ...autumn)).toEqual(['10-25T00:00', '10-25T00:30']);
    expect(runs('0 */2 * * *', 'Europe/Berlin', ...autumn)).toEqual(['10-25T00:00']);
  });

  test('hourly and finer schedules run in both passes', () => {
    expect(runs('0 * * * *', 'Europe/Berlin', ...autumn)).toEqual(['10-24T23:00', '10-25T00:00', '10-25T01:00', '10-25T02:00']);
    expect(runs('0 0-23 * * *', 'Europe/Berlin', ...autumn)).toEqual(['10-24T23:00', '10-25T00:00', '10-25T01:00', '10-25T02:00']);
    expect(runs('*/30 2 * * *', 'Europe/Berlin', ...autumn)).toEqual(['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30']);
  });
});

test('a change of half an hour works like any other', () => {
  // Forward at 15:30Z, from 02:00 to 02:30; back at 15:00Z, from 02:00 to 01:30.
  const zone = 'Australia/Lord_Howe';
  expect(runs('15 2 * * *', zone, '2026-10-03T12:00:00Z', '2026-10-04T20:00:00Z')).toEqual(['10-03T15:30', '10-04T15:15']);
  expect(runs('45 1 * * *', zone, '2026-04-04T12:00:00Z', '2026-04-05T20:00:00Z')).toEqual(['04-04T14:45', '04-05T15:15']);
  expect(runs('45 * * * *', zone, '2026-04-04T14:00:00Z', '2026-04-04T16:30:00Z')).toEqual(['04-04T14:45', '04-04T15:15', '04-04T16:15']);
  expect(runs('*/15 * * * *', zone, '2026-04-04T13:59:00Z', '2026-04-04T16:00:00Z')).toHaveLength(9);
  expect(runs('*/15 * * * *', zone, '2026-10-03T14:59:00Z', '2026-10-03T16:00:00Z')).toHaveLength(5);
});

test('the 29th of February comes in leap years', () => {
  const times = cronTimes('0 12 29 2 *', 'UTC');
  expect(times.after(at('2026-01-01T00:00:00Z'))).toBe(at('2028-02-29T12:00:00Z'));
  expect(times.after(at('2096-03-01T00:00:00Z'))).toBe(at('2104-02-29T12:00:00Z'));
  expect(times.upTo(at('2027-01-01T00:00:00Z'), 2)).toEqual([at('2024-02-29T12:00:00Z'), at('2020-02-29T12:00:00Z')]);
});

test.for([
  ['* * * * *', 'UTC', '2026-01-01T00:00:30Z', '01-01T00:01'],
  ['*/10 * * * * *', 'UTC', '2026-01-01T00:00:55Z', '01-01T00:01'],
  ['@daily', 'Asia/Kathmandu', '2026-01-01T00:00:00Z', '01-01T18:15'],
  ['@HOURLY', 'UTC', '2026-01-01T00:00:00Z', '01-01T01:00'],
  ['0 9 * jan-mar MON', 'America/New_York', '2026-01-01T00:00:00Z', '01-05T14:00'],
  ['0 0 L * *', 'UTC', '2026-02-02T00:00:00Z', '02-28T00:00'],
  ['0 0 * * FRI#2', 'UTC', '2026-01-01T00:00:00Z', '01-09T00:00'],
  ['0 0 13 * FRI', 'UTC', '2026-01-03T00:00:00Z', '01-09T00:00'],
] as const)('%s in %s comes after %s at %s', ([cron, zone, from, expected]) => {
  expect(new Date(cronTimes(cron, zone).after(at(from)) ?? 0).toISOString().slice(5, 16)).toBe(expected);
});

test.for(['', 'x', '* * * *', '* * * * * * *', '60 * * * *', '* 24 * * *', '5/10 * * * *', '*/0 * * * *', '? * * * *', '@reboot', '@x'])(
  'refuses %j',
  (cron) => expect(() => cronTimes(cron, 'UTC')).toThrow(/^cron /),
);

test('refuses a zone that does not exist, and an expression that never comes', () => {
  expect(() => cronTimes('* * * * *', 'Mars/Olympus')).toThrow(/^timeZone /);
  expect(cronTimes('0 0 30 2 *', 'UTC').after(0)).toBeUndefined();
  expect(cronTimes('0 0 31 4,6 *', 'UTC').upTo(at('2026-01-01T00:00:00Z'), 3)).toEqual([]);
});

test.for([
  ['30 2 * * *', 'Europe/Berlin'],
  ['*/20 1-3 * * *', 'Europe/Berlin'],
  ['0 */2 * * *', 'Australia/Lord_Howe'],
  ['*/15 * * * *', 'Australia/Lord_Howe'],
  ['45 1,2 * * *', 'Australia/Lord_Howe'],
] as const)('%s in %s has the same times when read backwards', ([cron, zone]) => {
  const times = cronTimes(cron, zone);
  for (const [from, until] of [
    ['2026-03-28T12:00:00Z', '2026-04-06T12:00:00Z'],
    ['2026-10-02T12:00:00Z', '2026-10-05T12:00:00Z'],
    ['2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z'],
  ] as const) {
    const forwards: number[] = [];
    for (let time = times.after(at(from)); time !== undefined && time <= at(until); time = times.after(time)) forwards.push(time);
    expect(times.upTo(at(until), forwards.length)).toEqual(forwards.toReversed());
  }
});
