import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { argumentsOf, blocksRunBy } from '../../test/docs/readPages.ts';
import { fakePrograms, type Answer, type Call } from '../../test/support/fakePrograms.ts';
import { kubectl } from '../../test/k8s/kubectl.ts';
import { environmentNamed } from '../context.ts';
import { createShell } from './shell.ts';
import { writeManifests } from './manifests.ts';

const root = join(import.meta.dirname, '../..');
const here = 'infra/deploy/deploy.test.ts';
const cluster = ['-c', 'oidcProvider=oidc.example.com/id/1', '-c', 'clusterVpc=vpc-1', '-c', 'clusterRouteTables=rtb-1'];
const cdkContext = cluster.join(' ');
const manifests = `apiVersion: v1
kind: Namespace
metadata:
  name: job-tickets-prod
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: server
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
`;

/** The answers of an account in which the first deployment succeeded. */
const answers: readonly (readonly [RegExp, Answer])[] = [
  [/^git rev-parse/, { stdout: 'abc123\n' }],
  [/^aws sts get-caller-identity/, { stdout: '111122223333\n' }],
  [/^aws ssm get-parameters/, { stdout: 'Jobs-prod\n' }],
  [/^aws ecr get-login-password/, { stdout: 'a password\n' }],
  [/^aws cloudformation list-stacks/, { stdout: 'UPDATE_COMPLETE\n' }],
  [/^aws cloudformation describe-stacks .*AccessLogs/, { stdout: 'logs-1\n' }],
  [/^aws cloudformation describe-stacks/, { stdout: 'files-1\n' }],
  [/^kubectl kustomize/, { stdout: manifests }],
  [/^kubectl config/, { stdout: 'the-cluster\n' }],
];

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly string[];
}

/** Runs one of the commands as a process of its own, with programs that give these answers first. */
async function run(main: string, args: readonly string[], { first = [], stdin = '' }: RunOptions = {}): Promise<Ran> {
  const passwords: string[] = [];
  const answer = ({ program, args: words, stdin: sent }: Call): Answer | undefined => {
    if (sent !== '') passwords.push(sent);
    return [...first, ...answers].find(([pattern]) => pattern.test([program, ...words].join(' ')))?.[1];
  };
  await using programs = await fakePrograms(['aws', 'cdk', 'docker', 'git', 'kubectl'], answer);
  const child = execFile(process.execPath, [join(import.meta.dirname, `${main}Main.ts`), ...args], { env: { PATH: programs.path } });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text: string) => (stdout += text));
  child.stderr?.on('data', (text: string) => (stderr += text));
  child.stdin?.end(stdin);
  await new Promise((resolve) => child.once('close', resolve));
  expect(new Set(passwords)).toEqual(new Set(main === 'deploy' && passwords.length > 0 ? ['a password'] : []));
  return { code: child.exitCode, stdout, stderr, calls: programs.calls() };
}

interface RunOptions {
  readonly first?: readonly (readonly [RegExp, Answer])[];
  readonly stdin?: string;
}

const registry = '111122223333.dkr.ecr.us-east-1.amazonaws.com';

describe('npm run deploy', () => {
  test('makes the stack, the images, the workers and then the servers, each step printed before it runs', async () => {
    const { code, stdout, stderr, calls } = await run('deploy', ['prod', ...cluster, '--yes']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const changing = /^(cdk|docker|kubectl .*(apply|rollout))/;
    expect(calls.filter((call) => changing.test(call))).toEqual([
      `cdk deploy job-tickets-prod --import-existing-resources --require-approval never -c environment=prod ${cdkContext}`,
      `docker login --username AWS --password-stdin ${registry}`,
      `docker build --target server --tag ${registry}/job-tickets-prod/server:abc123 ${root}`,
      `docker push ${registry}/job-tickets-prod/server:abc123`,
      `docker build --target worker --tag ${registry}/job-tickets-prod/worker:abc123 ${root}`,
      `docker push ${registry}/job-tickets-prod/worker:abc123`,
      'kubectl -n job-tickets-prod apply -f .cache/deploy/prod/before.yaml',
      'kubectl -n job-tickets-prod rollout status deployment/worker --timeout=15m',
      'kubectl -n job-tickets-prod apply -f .cache/deploy/prod/server.yaml',
      'kubectl -n job-tickets-prod rollout status deployment/server --timeout=15m',
    ]);
    for (const call of calls.filter((one) => !one.includes("'") && !one.includes('['))) expect(stdout).toContain(call);
    expect(stdout).not.toContain('a password');
  });

  test('lets the CDK ask where someone is there, uses the cluster that is named, and builds for the platform that is named', async () => {
    const { calls } = await run('deploy', ['prod', ...cluster, '--kube-context', 'eu-1', '--platform', 'linux/arm64']);
    expect(calls.find((call) => call.startsWith('cdk'))).toContain('--require-approval broadening');
    expect(calls.filter((call) => call.startsWith('kubectl ') && !call.startsWith('kubectl --context eu-1 '))).toEqual([]);
    expect(calls.filter((call) => call.startsWith('docker build --platform linux/arm64 '))).toHaveLength(2);
  });

  test('continues where a failure ended it: an existing image is not built again', async () => {
    const failed = await run('deploy', ['prod', ...cluster, '--yes'], { first: [[/^docker push .*worker/, { code: 1 }]] });
    expect(failed).toMatchObject({ code: 1, stderr: `deploy: docker push ${registry}/job-tickets-prod/worker:abc123 ended with 1\n` });
    expect(failed.calls.some((call) => call.includes('apply'))).toBe(false);
    const { code, calls } = await run('deploy', ['prod', ...cluster, '--yes'], {
      first: [[/list-images .*server/, { stdout: 'abc123\n' }]],
    });
    expect(code).toBe(0);
    expect(calls.filter((call) => call.startsWith('docker push'))).toEqual([`docker push ${registry}/job-tickets-prod/worker:abc123`]);
  });

  const refusals: readonly (readonly [what: string, args: readonly string[], RunOptions['first'], line: RegExp])[] = [
    ['an environment without its cluster', ['dev'], [], /^deploy: dev lacks oidcProvider, clusterVpc, clusterRouteTables: give/],
    ['changes that are not committed', ['prod', ...cluster], [[/^git status/, { stdout: ' M start.ts\n' }]], /uncommitted changes/],
    [
      'manifests with placeholders',
      ['prod', ...cluster],
      [[/^kubectl kustomize/, { stdout: `${manifests}# 000000000000 example.com\n` }]],
      /^deploy: k8s\/overlays\/prod still has 000000000000 and example.com: /,
    ],
    [
      'a table that a restore switched to, which this revision does not name',
      ['prod', ...cluster],
      [[/^aws ssm get-parameters/, { stdout: 'Jobs-prod-20261125T143000Z\n' }]],
      /uses the table Jobs-prod-20261125T143000Z, and .* names Jobs-prod: commit/,
    ],
    ['an unknown environment', ['production'], [], /^deploy: "production" is not an environment/],
  ];
  test.each(refusals)('refuses %s in one line, and changes nothing', async (_what, args, first = [], line) => {
    const { code, stderr, calls } = await run('deploy', args, { first });
    expect(code).toBe(78);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(calls.filter((call) => /^(cdk|docker)| apply | create /.test(call))).toEqual([]);
  });

  test('prints its usage', async () => {
    const [nothing, unknown] = [await run('deploy', []), await run('deploy', ['prod', '--nope'])];
    expect([nothing.code, unknown.code]).toEqual([64, 64]);
    expect(nothing.stderr).toContain('usage: npm run deploy -- <env>');
    expect(unknown.stderr).toContain('--nope');
  });
});

test('the manifests contain the account and the tag, and are split so that workers go first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-manifests-'));
  try {
    await cp(join(root, 'k8s'), join(folder, 'k8s'), { recursive: true });
    // As in docs/deployment.md.
    const [edits] = blocksRunBy(here);
    await promisify(execFile)('bash', ['-euc', edits?.text ?? ''], { cwd: folder });
    const { before, server } = await writeManifests({
      environment: environmentNamed('prod'),
      shell: createShell({ cwd: folder, write: () => undefined }),
      kubectl: [await kubectl()],
      folder: join(folder, 'out'),
      overlay: '../k8s/overlays/prod',
      registry,
      tag: 'abc123',
    });
    const [first, second] = [await readFile(before, 'utf8'), await readFile(server, 'utf8')];
    expect(first).toContain(`image: ${registry}/job-tickets-prod/worker:abc123`);
    expect(first).toContain('kind: Namespace');
    expect(second.match(/^kind: .*/gm)).toEqual(['kind: Deployment']);
    expect(second).toContain(`image: ${registry}/job-tickets-prod/server:abc123`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the commands of docs/deployment.md, in the order of the page, deploy an environment, take it away, and delete it', async () => {
  const [edits, ...commands] = blocksRunBy(here).map(({ text }) => text);
  expect(edits).toMatch(/^sed /);
  expect(commands.map((command) => /^npm run (\w+)/.exec(command)?.[1])).toEqual(['deploy', 'teardown', 'teardown']);
  const first = [[/^aws ssm get-parameters/, { stdout: 'Jobs-dev\n' }]] as const;
  const [[deploying = []], [leaving = [], deleting = []]] = [argumentsOf(here, 'deploy'), argumentsOf(here, 'teardown')];
  const deployed = await run('deploy', [...deploying, '--yes'], { first });
  expect(deployed).toMatchObject({ code: 0, stderr: '' });
  expect(deployed.calls.at(-1)).toBe('kubectl -n job-tickets-dev rollout status deployment/server --timeout=15m');
  const left = await run('teardown', leaving, { first, stdin: 'dev\n' });
  expect(left).toMatchObject({ code: 0, stdout: expect.stringContaining('Kept: the table Jobs-dev') as unknown });
  const deleted = await run('teardown', [...deleting, '--yes'], { first });
  expect(deleted).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing of dev is kept') as unknown });
});

describe('npm run teardown', () => {
  test('asks for the name again, removes everything but the data, and says what is kept', async () => {
    const { code, stdout, calls } = await run('teardown', ['prod'], { stdin: 'prod\n' });
    expect(code).toBe(0);
    expect(calls).toEqual([
      'kubectl config current-context',
      'kubectl -n job-tickets-prod delete ingress server --ignore-not-found',
      'kubectl -n job-tickets-prod delete -k k8s/overlays/prod --ignore-not-found',
      expect.stringMatching(/^aws cloudformation list-stacks/),
      'aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name job-tickets-prod --region us-east-1',
      'aws cloudformation delete-stack --stack-name job-tickets-prod --region us-east-1',
      'aws cloudformation wait stack-delete-complete --stack-name job-tickets-prod --region us-east-1',
    ]);
    for (const call of calls.filter((one) => !one.includes('list-stacks'))) expect(stdout).toContain(call);
    expect(stdout).toMatch(/Kept: the table Jobs-prod, the buckets .*, the images .*, the secret/);
  });

  test.each([['production\n'], ['\n'], ['']])('does nothing where %j is answered', async (stdin) => {
    const { code, stderr, calls } = await run('teardown', ['prod'], { stdin });
    expect({ code, calls }).toEqual({ code: 78, calls: ['kubectl config current-context'] });
    expect(stderr).toContain('is not prod: nothing was done');
  });

  test('asks nobody with --yes, and deletes the data only with --delete-data', async () => {
    const { code, stdout, stderr, calls } = await run('teardown', ['prod', '--yes', '--delete-data', ...cluster]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const changing = calls.filter((call) => /^(cdk|aws s3|aws cloudformation d.*delete|aws cloudformation delete)/.test(call));
    expect(changing).toEqual([
      `cdk deploy job-tickets-prod --import-existing-resources --require-approval never -c environment=prod ${cdkContext} -c deleteData=true`,
      'aws s3 rm --recursive --quiet s3://files-1 --region us-east-1',
      'aws s3 rm --recursive --quiet s3://logs-1 --region us-east-1',
      'aws cloudformation delete-stack --stack-name job-tickets-prod --region us-east-1',
    ]);
    expect(stdout).toContain('Nothing of prod is kept');
  });

  test('skips what is gone already', async () => {
    const gone = await run('teardown', ['prod', '--yes'], { first: [[/list-stacks/, { stdout: '' }]] });
    expect(gone.code).toBe(0);
    expect(gone.calls.filter((call) => /cloudformation (?!list)/.test(call))).toEqual([]);
    const going = await run('teardown', ['prod', '--yes'], { first: [[/list-stacks/, { stdout: 'DELETE_IN_PROGRESS\n' }]] });
    expect(going.calls.filter((call) => /cloudformation (?!list)/.test(call))).toEqual([
      'aws cloudformation wait stack-delete-complete --stack-name job-tickets-prod --region us-east-1',
    ]);
  });

  test('reports what it lacks to delete the data before anything is gone', async () => {
    const { code, stderr, calls } = await run('teardown', ['prod', '--yes', '--delete-data']);
    expect({ code, calls }).toEqual({ code: 78, calls: [] });
    expect(stderr).toContain('prod lacks oidcProvider');
  });
});
