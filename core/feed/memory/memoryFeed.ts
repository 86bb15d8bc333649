/** The feed within one process: for the embedded mode and for tests. */
import { channelName, channelsOf, tellEach, type Feed, type FeedListener } from '../feed.ts';
import { withItem, withoutItem } from '../few.ts';

export function createMemoryFeed(): Feed {
  const listeners = new Map<string, FeedListener | Set<FeedListener>>();
  return {
    publish(event, record) {
      let isTaken = true;
      for (const channel of channelsOf(event)) {
        tellEach(
          listeners.get(channel),
          (listener) => listener.onEvent(event, record),
          () => (isTaken = false),
        );
      }
      return Promise.resolve(isTaken);
    },
    subscribe(channel, listener) {
      const name = channelName(channel);
      listeners.set(name, withItem(listeners.get(name), listener));
      return Promise.resolve();
    },
    unsubscribe(channel, listener) {
      const name = channelName(channel);
      const left = withoutItem(listeners.get(name), listener);
      if (left === undefined) listeners.delete(name);
      else listeners.set(name, left);
      return Promise.resolve();
    },
    isConnected: () => true,
    close() {
      listeners.clear();
      return Promise.resolve();
    },
  };
}
