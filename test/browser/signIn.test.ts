import { expect, test } from 'vitest';
import { openApiSystem } from '../e2e/apiSystem.ts';
import { isLive, openBrowser, shownStatuses } from './openBrowser.ts';
import { jwtSecret, tokenFor } from './tokenFor.ts';

const quick = { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' };

test('asks for a token where the server does, shows its owner’s jobs, and the queues to admins only', async () => {
  await using system = await openApiSystem({ environment: { ...quick, JWT_SECRET: jwtSecret, NODE_ENV: 'production' }, works: false });
  await using browser = await openBrowser();
  const { page } = await browser.openPage(system.url);
  await page.getByLabel('Token (JWT)').fill('not a token');
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByText('Token needed').waitFor();
  const token = await tokenFor('alice');
  await system.request('mutation { createJob(input: { type: "simulate_work" }) { created } }', {}, { authorization: `Bearer ${token}` });
  await page.getByLabel('Token (JWT)').fill(token);
  await page.getByRole('button', { name: 'Use it' }).click();
  await isLive(page);
  await expect.poll(() => shownStatuses(page)).toEqual(['PENDING']);
  await page.getByText('Your jobs, last minute').waitFor();
  expect(await page.getByText('Dead letters').count()).toBe(0);
  expect(await page.getByRole('link', { name: 'GraphiQL' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Forget token' }).click();
  await page.getByLabel('Token (JWT)').fill(await tokenFor('root', 'admin'));
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByText('Dead letters').waitFor();
});

test('the depths of the queues are shown to admins, and to everybody only where a server is open for development', async () => {
  await using closed = await openApiSystem({ environment: { ...quick, JWT_SECRET: jwtSecret }, works: false });
  const statusFor = async (url: string, token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${url}/dashboard/queues`, { headers })).status;
  };
  expect(await statusFor(closed.url)).toBe(401);
  expect(await statusFor(closed.url, await tokenFor('alice'))).toBe(403);
  expect(await statusFor(closed.url, await tokenFor('root', 'read admin'))).toBe(200);
  await using open = await openApiSystem({ environment: quick, works: false });
  expect(await statusFor(open.url)).toBe(200);
  await using production = await openApiSystem({ environment: { ...quick, AUTH: 'none', NODE_ENV: 'production' }, works: false });
  expect(await statusFor(production.url)).toBe(403);
});

test('serves its files from memory alone, strictly, and once', async () => {
  await using system = await openApiSystem({ environment: quick, works: false });
  const page = await fetch(`${system.url}/`);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self';/);
  const script = await fetch(`${system.url}/dashboard/main.ts`);
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  const again = await fetch(`${system.url}/dashboard/main.ts`, { headers: { 'if-none-match': script.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
  for (const path of [
    '/dashboard/../package.json',
    '/dashboard/%2e%2e/package.json',
    '/dashboard/tsconfig.json',
    '/modules/',
    '/client/dist/job.js',
  ]) {
    expect((await fetch(`${system.url}${path}`)).status).toBe(404);
  }
  expect((await fetch(`${system.url}/dashboard/main.ts`, { method: 'POST' })).status).toBe(405);
});
