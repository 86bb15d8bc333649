/** Opens the dashboard in its page. */
import { h, render } from 'preact';
import { openConnection } from '../client/connection.ts';
import { createActions } from './actions.ts';
import { App } from './app.ts';
import { createJobList } from './jobList.ts';
import { createQueueGauge } from './queueGauge.ts';
import { readToken } from './token.ts';

const connection = openConnection({
  url: new URL('/graphql', location.href),
  token: readToken,
  maxWaitMs: 2000,
  // Who was refused stays so until there is another token, which begins the page anew.
  onState: (feed) => list.store.get().feed === 'refused' || list.store.set({ feed }),
});
const list = createJobList(connection);
const gauge = createQueueGauge(readToken);
const { signal } = new AbortController();
void list.follow(signal);
void gauge.follow(signal);

const root = document.getElementById('app');
const { wantsToken, hasGraphiql } = document.documentElement.dataset;
if (root !== null) {
  const site = { wantsToken: wantsToken === 'true', hasGraphiQL: hasGraphiql === 'true' };
  render(h(App, { connection, list, gauge, actions: createActions(connection), site }), root);
}
