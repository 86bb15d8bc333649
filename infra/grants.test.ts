import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventSourceGrants, lambdaGrants, podGrants, runtimeActions, scalerActions, type Grants } from './grants.ts';
import { synthesize } from './testTemplates.ts';
import { commandsOf, implementations, importedCommands, usedActions } from './testUsedActions.ts';

const templates = await synthesize({ only: 'prod' });
afterAll(() => templates[Symbol.asyncDispose]());

/** Actions that S3 checks though no code calls them; see the grant. */
const uncalled = new Set(['s3:ListBucket']);

const entries: readonly (readonly [entry: string, grants: Grants])[] = [
  ['server/main.ts', podGrants.server],
  ['worker/main.ts', podGrants.worker],
  ['lambda/aws/dlqHandler.ts', lambdaGrants.dlqHandler],
  ['lambda/aws/streamRelay.ts', lambdaGrants.streamRelay],
  ['lambda/aws/sweeper.ts', lambdaGrants.sweeper],
];

test.each(entries)('%s may do what its code does, and nothing else', (entry, grants) => {
  const granted = actionsOf(grants).filter((action) => !uncalled.has(action));
  expect(new Set(granted)).toEqual(usedActions(entry));
});

test('an action that no code uses is noticed', () => {
  const generous: Grants = { ...podGrants.worker, table: [...podGrants.worker.table, 'dynamodb:DescribeTable'] };
  expect(actionsOf(generous).filter((action) => !uncalled.has(action) && !usedActions('worker/main.ts').has(action))).toEqual([
    'dynamodb:DescribeTable',
  ]);
});

test('Parameter Store is read by path, and in no other way', () => {
  const source = readFileSync(join(import.meta.dirname, '../runtime/parameterStore.ts'), 'utf8');
  expect(/const \{ (.*) \} = await import\('@aws-sdk/.exec(source)?.[1]).toBe('paginateGetParametersByPath, SSMClient');
});

test('Secrets Manager is asked for a value, and for nothing else', () => {
  const source = readFileSync(join(import.meta.dirname, '../runtime/secrets.ts'), 'utf8');
  expect(/const \{ (.*) \} = await import\('@aws-sdk/.exec(source)?.[1]).toBe('GetSecretValueCommand, SecretsManagerClient');
});

test('the commands behind the methods are those that the implementations import', () => {
  const imported = implementations.flatMap(importedCommands);
  expect(imported.length).toBeGreaterThan(15);
  expect(new Set(Object.values(commandsOf).flat())).toEqual(new Set(imported));
});

describe('the roles of the stack', () => {
  const documents = z.object({
    Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(z.unknown()) }) })).default([]),
  });
  const statement = z.object({
    Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
    Effect: z.string(),
    Resource: z.unknown(),
    Condition: z.unknown().optional(),
  });

  async function roles() {
    return (await templates.ofType('prod', 'AWS::IAM::Role')).map(([id, role]) => ({
      id,
      managed: role['ManagedPolicyArns'],
      statements: documents
        .parse(role)
        .Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map((one) => statement.parse(one))),
    }));
  }

  const lambdas = ['dlqHandler', 'streamRelay', 'sweeper'] as const;
  const grantsOf: readonly (readonly [id: string, actions: readonly string[]])[] = [
    ['Podsserver', actionsOf(podGrants.server)],
    ['Podsworker', actionsOf(podGrants.worker)],
    ['Podsscaler', scalerActions],
    ...lambdas.map((name): [string, string[]] => [
      `Lambdas${name}Role`,
      [...actionsOf(lambdaGrants[name]), ...actionsOf(eventSourceGrants[name]), ...actionsOf(runtimeActions)],
    ]),
  ];

  test.each(grantsOf)('%s has its grants, no managed policy, and no action with a star', async (prefix, granted) => {
    const [role, ...others] = (await roles()).filter(({ id }) => id.startsWith(prefix));
    expect(others).toEqual([]);
    expect(role?.managed).toBeUndefined();
    const actions = role?.statements.flatMap(({ Action }) => Action) ?? [];
    expect(new Set(actions)).toEqual(new Set(granted));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('code that writes objects cannot write shared ones, or write without a look at the existing one', async () => {
    const writers = (await roles()).filter(({ statements }) => statements.some(({ Action }) => Action.includes('s3:PutObject')));
    expect(writers.map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(['Podsworker']);
    const refused = writers.flatMap(({ statements }) => statements.filter(({ Effect }) => Effect === 'Deny'));
    expect(refused).toMatchObject([
      { Action: ['s3:PutObject'], Resource: { 'Fn::Join': ['', [expect.anything(), '/shared/*']] } },
      {
        Action: ['s3:PutObject'],
        Resource: { 'Fn::Join': ['', [expect.anything(), '/*']] },
        Condition: { Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      },
    ]);
  });

  test('only network interfaces and traces, for which AWS has no resources, are granted on any resource', async () => {
    const onAll = (await roles()).flatMap(({ statements }) =>
      statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action),
    );
    expect(new Set(onAll)).toEqual(new Set([...runtimeActions.network, ...runtimeActions.traces]));
  });
});

function actionsOf(grants: Grants | typeof runtimeActions): string[] {
  return Object.values<readonly string[]>({ ...grants }).flat();
}
