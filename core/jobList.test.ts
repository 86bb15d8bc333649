import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineHandler } from './handler.ts';
import { faultOfJobList, isJobList, jobTypesOf, listJob, listJobs, loadHandlers } from './jobList.ts';
import { defineJobType } from './jobType.ts';

const shout = defineJobType({
  name: 'shout',
  description: 'Says it louder.',
  params: z.strictObject({ text: z.string(), times: z.int().default(1) }),
  result: z.object({ text: z.string() }),
  policy: { timeoutSeconds: 10 },
  example: { text: 'hello' },
});
const count = defineJobType({
  name: 'count',
  description: 'Counts the letters.',
  params: z.strictObject({ text: z.string() }),
  result: z.object({ letters: z.int() }),
  policy: { timeoutSeconds: 10 },
  example: { text: 'hello' },
});
const shoutModule = { handler: defineHandler(shout, async ({ text }) => ({ text: text.toUpperCase() })) };
const countModule = { handler: defineHandler(count, async ({ text }) => ({ letters: text.length })) };

describe('does not compile:', () => {
  test('a list in which two types have one name', () => {
    const again = defineJobType({ ...count, name: 'shout' });
    const againModule = { handler: defineHandler(again, async () => ({ letters: 0 })) };
    const listed = [listJob(shout, async () => shoutModule), listJob(count, async () => countModule)] as const;
    expect(listJobs(listed)).toHaveLength(2);
    const twice = [listJob(shout, async () => shoutModule), listJob(again, async () => againModule)] as const;
    // @ts-expect-error: two types are called shout.
    listJobs(twice);
  });

  test('a type with the handler of another one, with a module that has none, or with none at all', () => {
    // @ts-expect-error: the handler of count.
    listJob(shout, async () => countModule);
    // @ts-expect-error: no handler.
    listJob(shout, async () => ({ handle: shoutModule.handler }));
    // @ts-expect-error: the way to it is missing.
    listJob(shout);
  });

  test('a handler that takes or returns something else than its type says, or an example that does not fit', () => {
    defineHandler(shout, async (params) => {
      expectTypeOf(params).toEqualTypeOf<{ text: string; times: number }>();
      return { text: params.text };
    });
    // @ts-expect-error: not what the type promises.
    defineHandler(shout, async () => ({ letters: 1 }));
    // @ts-expect-error: not a param of the type.
    defineHandler(shout, async ({ letters }) => ({ text: String(letters) }));
    // @ts-expect-error: the example has no text.
    defineJobType({ ...shout, example: { times: 1 } });
    // @ts-expect-error: a date is not JSON.
    defineJobType({ ...shout, result: z.object({ at: z.date() }) });
  });
});

/** As the module of a team that does not use TypeScript may export it. */
const listed = (change: object) => [{ type: { ...shout, ...change }, loadHandler: async () => shoutModule }];

test.each([
  ['no array', {}, 'the list: is not an array of what `listJob` gives'],
  ['nothing', undefined, 'the list: is not an array of what `listJob` gives'],
  ['an empty list', [], 'the list: is empty'],
  ['an entry that is none', [shout], 'entry 1 (type): '],
  ['a type without its handler', [{ type: shout }], 'entry 1 (loadHandler): has no way to its handler'],
  ['one name twice', [...listed({}), ...listed({ description: 'Another.' })], 'entry 2: two types are called shout'],
  ['a name in capitals', listed({ name: 'Shout' }), 'entry 1 (type.name): is lower-case words joined by underscores'],
  ['a name with an underscore at its end', listed({ name: 'shout_' }), 'entry 1 (type.name): '],
  ['a name of 65 letters', listed({ name: 'x'.repeat(65) }), 'entry 1 (type.name): '],
  ['no description', listed({ description: '' }), 'entry 1 (type.description): says what the type does'],
  ['params that are no schema', listed({ params: { text: 'string' } }), 'entry 1 (type.params): is not a Zod schema (version 4)'],
  ['no result', listed({ result: undefined }), 'entry 1 (type.result): is not a Zod schema (version 4)'],
  ['no time limit', listed({ policy: {} }), 'entry 1 (type.policy.timeoutSeconds): '],
  ['no attempt', listed({ policy: { timeoutSeconds: 1, attemptsPerReceive: 0 } }), 'entry 1 (type.policy.attemptsPerReceive): '],
  [
    'a first wait longer than the longest',
    listed({ policy: { timeoutSeconds: 1, backoffBaseMs: 200, backoffMaxMs: 100 } }),
    'entry 1 (type.policy.backoffBaseMs): is longer than backoffMaxMs',
  ],
  ['an example that does not fit', listed({ example: { text: 1 } }), 'entry 1 (type.example.text): does not fit params: '],
])('reports what is wrong with %s', (_, list, fault) => {
  expect(faultOfJobList(list)?.startsWith(fault), faultOfJobList(list)).toBe(true);
  expect(faultOfJobList(list)).not.toContain('\n');
  expect(isJobList(list)).toBe(false);
});

test('accepts a valid list, also one whose two waits are equal', () => {
  expect(faultOfJobList(listed({ policy: { timeoutSeconds: 0.5, backoffBaseMs: 100, backoffMaxMs: 100 } }))).toBeUndefined();
});

test('the types are in the order of the list, and no handler has been loaded', () => {
  const unloadable = async (): Promise<never> => Promise.reject(new Error('loaded'));
  const types = jobTypesOf(listJobs([listJob(shout, unloadable), listJob(count, unloadable)]));
  expect(types.all.map(({ name }) => name)).toEqual(['shout', 'count']);
  expect(types.find('count')).toBe(count);
  expect(types.find('toString')).toBeUndefined();
});

describe('the handlers of a list', () => {
  test('are found by the names of their types', async () => {
    const handlers = await loadHandlers([listJob(shout, async () => shoutModule), listJob(count, async () => countModule)]);
    expect(handlers.get('count')).toBe(countModule.handler);
  });

  test('are refused where a module has no handler, or that of another type', async () => {
    const from = (module: unknown) => {
      const list: unknown = [{ type: shout, loadHandler: async () => module }];
      if (!isJobList(list)) throw new Error('a list is accepted before any of its modules has been loaded');
      return loadHandlers(list);
    };
    const none = 'The module of shout exports no `handler` that `defineHandler` made.';
    for (const module of [undefined, {}, { handler: {} }, { handler: async () => 1 }, { handler: { run: async () => 1 } }]) {
      await expect(from(module)).rejects.toThrow(none);
    }
    await expect(from(countModule)).rejects.toThrow('The module of shout exports the handler of count.');
    await expect(loadHandlers([listJob(shout, async () => Promise.reject(new Error('broken')))])).rejects.toThrow(
      'The module of shout cannot be loaded: broken',
    );
  });
});
