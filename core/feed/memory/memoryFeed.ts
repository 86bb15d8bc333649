/** The feed within one process: for the embedded mode and for tests. */
import { channelName, channelsOf, tellEach, type Feed, type FeedListener } from '../feed.ts';

export function createMemoryFeed(): Feed {
  const listeners = new Map<string, Set<FeedListener>>();
  return {
    publish(event, record) {
      let isTaken = true;
      for (const channel of channelsOf(event)) {
        tellEach(
          listeners.get(channel) ?? [],
          (listener) => listener.onEvent(event, record),
          () => (isTaken = false),
        );
      }
      return Promise.resolve(isTaken);
    },
    subscribe(channel, listener) {
      const name = channelName(channel);
      const here = listeners.get(name) ?? new Set();
      listeners.set(name, here.add(listener));
      return Promise.resolve(() => {
        here.delete(listener);
        if (here.size === 0 && listeners.get(name) === here) listeners.delete(name);
        return Promise.resolve();
      });
    },
    isConnected: () => true,
    close() {
      listeners.clear();
      return Promise.resolve();
    },
  };
}
