import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { argumentsOf } from '../test/docs/readPages.ts';
import { environmentsFor, requireSense } from './context.ts';
import { environments } from './environments.ts';

const app = join(import.meta.dirname, 'app.ts');
const folder = await mkdtemp(join(tmpdir(), 'job-tickets-app-'));
afterAll(() => rm(folder, { recursive: true }));

/** In a folder of its own, as in `npm run synth` and in the CDK's command line. */
function synth(args: readonly string[], cdkContext: object = {}): Promise<{ code: number; stderr: string }> {
  const env = { PATH: process.env['PATH'], CDK_CONTEXT_JSON: JSON.stringify(cdkContext) };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [app, ...args], { cwd: folder, env }, (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

const template = (name: string): Promise<string> => readFile(join(folder, `.cache/cdk.out/job-tickets-${name}.template.json`), 'utf8');

describe('npm run synth', () => {
  test('refuses staging and prod without their cluster, in one line that names everything that is missing', async () => {
    const missing = 'oidcProvider, clusterVpc, clusterRouteTables';
    expect(await synth(['prod'])).toEqual({
      code: 78,
      stderr: `synth: prod lacks ${missing}: give them with -c <name>=<value>, or write them into infra/environments.ts\n`,
    });
    expect((await synth([])).stderr).toContain(`staging lacks ${missing}; prod lacks ${missing}: give`);
    expect((await synth(['prod', '-c', 'clusterVpc=vpc-1'])).stderr).toContain('prod lacks oidcProvider, clusterRouteTables: give');
  });

  test('refuses the CDK’s command line too, which passes its context in another way', async () => {
    expect((await synth([], { environment: 'prod', clusterVpc: 'vpc-1' })).stderr).toBe(
      'synth: prod lacks oidcProvider, clusterRouteTables: give them with -c <name>=<value>, or write them into infra/environments.ts\n',
    );
  });

  // A separate process, since it loads the whole CDK.
  test('writes the templates with the given values', { timeout: 120_000 }, async () => {
    const [written = []] = argumentsOf('infra/app.test.ts', 'synth');
    expect(await synth([...written, '-c', 'oidcProvider=oidc.example.com/id/2'])).toEqual({ code: 0, stderr: '' });
    expect(await template('dev')).toContain('oidc.example.com/id/2');
  });

  test('reports in one line an unknown environment, and an unknown context name', async () => {
    expect(await synth(['qa'])).toEqual({ code: 78, stderr: 'synth: "qa" is not an environment: use one of dev, staging, prod\n' });
    expect(await synth(['dev', '-c', 'oidcProvider'])).toEqual({ code: 78, stderr: 'synth: -c oidcProvider: must be <name>=<value>\n' });
    expect((await synth(['dev', '-c', 'clusterVcp=vpc-1'])).stderr).toBe(
      'synth: -c clusterVcp: must be one of oidcProvider, clusterVpc, clusterRouteTables, deleteData\n',
    );
  });
});

test('given values override those in the file, and the issuer may be given as AWS prints it', () => {
  const told = { oidcProvider: 'https://oidc.example.com/id/1', clusterVpc: 'vpc-1', clusterRouteTables: 'rtb-1,rtb-2' };
  const [prod, ...others] = environmentsFor(['prod'], told);
  expect(others).toEqual([]);
  expect(prod?.cluster).toMatchObject({ oidcProvider: 'oidc.example.com/id/1', vpcId: 'vpc-1', routeTables: ['rtb-1', 'rtb-2'] });
  expect(environmentsFor([], told).map(({ name }) => name)).toEqual(['dev', 'staging', 'prod']);
});

test("an interval that AWS's schedule cannot have is refused", () => {
  const [dev] = environments;
  if (dev === undefined) throw new Error('no dev');
  expect(() => requireSense({ ...dev, sweepIntervalSeconds: 15 })).toThrow('whole minutes only');
  expect(() => requireSense(dev)).not.toThrow();
});
