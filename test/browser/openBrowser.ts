/** Debian's Chromium, controlled by playwright-core: a page that records its errors and its requests to other origins. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export interface OpenedBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** With a token as if it had been typed in. */
  openPage(url: string, options?: BrowserContextOptions & { readonly token?: string }): Promise<WatchedPage>;
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of its scripts, refusals of its content security policy, and addresses outside its own origin. */
  readonly complaints: readonly string[];
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** With a profile of its own, deleted with it. */
export async function openBrowser(moreFlags: readonly string[] = []): Promise<OpenedBrowser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...flags, ...moreFlags] });
  return {
    browser,
    async openPage(url, { token = '', ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, colorScheme: 'light', ...options });
      context.setDefaultTimeout(15_000);
      if (token !== '') await context.addInitScript(`sessionStorage.setItem('job-tickets-token', '${token}')`);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // Some tests take the server away.
        if (message.type() === 'error' && !/ERR_CONNECTION_REFUSED|Failed to load resource|WebSocket connection/.test(message.text()))
          complaints.push(message.text());
      });
      page.on('request', (request) => {
        if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asks ${request.url()}`);
      });
      await page.goto(url);
      return { page, complaints };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Resolves when the page is connected and has its list. */
export async function isLive(page: Page): Promise<void> {
  await page.locator('.connection.is-open').waitFor();
}

/** How many jobs the table shows, by status. */
export async function shownStatuses(page: Page): Promise<readonly (string | null)[]> {
  return page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-status')));
}
