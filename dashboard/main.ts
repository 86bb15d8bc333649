/** Opens the dashboard in its page. */
import { signal } from '@preact/signals-core';
import { html } from 'htm/preact';
import { render } from 'preact';
import { openConnection, type ConnectionState } from '../client/connection.ts';
import { createActions } from './actions.ts';
import { readAddress } from './address.ts';
import { App } from './app.ts';
import { createBulk } from './bulk.ts';
import { createInsights } from './insights.ts';
import { createOperations } from './operations.ts';
import { createQueueGauge } from './queueGauge.ts';
import { pacedRendering } from './rendering.ts';
import { readSite } from './site.ts';
import { readToken } from './token.ts';
import { createWorkflows } from './workflows.ts';

pacedRendering(window);

const feed = signal<ConnectionState | 'refused'>('connecting');
const connection = openConnection({
  url: new URL('/graphql', location.href),
  token: readToken,
  maxWaitMs: 2000,
  onState: (state) => {
    // A refused caller stays refused until there is another token, with which the page reloads.
    const isRefused = feed.peek() === 'refused';
    // A lost connection stays lost through all tries, so that the header does not flicker.
    const isLost = feed.peek() === 'lost' && state !== 'open';
    if (!isRefused && !isLost) feed.value = state;
  },
});
const gauge = createQueueGauge(readToken);
void gauge.follow(new AbortController().signal);
const address = signal(readAddress());
addEventListener('hashchange', () => (address.value = readAddress()));

const root = document.getElementById('app');
const site = readSite(document.documentElement.dataset);
const actions = createActions(connection);
const operations = createOperations(connection);
const insights = createInsights(connection);
const bulk = createBulk(connection);
const workflows = createWorkflows(connection);
if (root !== null) {
  render(
    html`<${App}
      connection=${connection}
      feed=${feed}
      gauge=${gauge}
      actions=${actions}
      operations=${operations}
      insights=${insights}
      bulk=${bulk}
      workflows=${workflows}
      address=${address}
      site=${site}
    />`,
    root,
  );
}
