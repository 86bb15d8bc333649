/** A feed in this process that silently loses hints, and goes away and comes back. */
import type { Feed, FeedListener } from '../../core/feed/feed.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';

export interface LossyFeed {
  readonly feed: Feed;
  turn(state: 'on' | 'off'): void;
}

/** `luck`: the share of hints that are lost, 0 to 1. */
export function createLossyFeed({ chance, luck }: { readonly chance: () => number; readonly luck: () => number }): LossyFeed {
  const inner = createMemoryFeed();
  const listeners = new Set<FeedListener>();
  let isOn = true;
  return {
    feed: {
      ...inner,
      publish: (event, record) => (isOn && chance() >= luck() ? inner.publish(event, record) : Promise.resolve(isOn)),
      async subscribe(channel, listener) {
        await inner.subscribe(channel, listener);
        listeners.add(listener);
      },
      unsubscribe(channel, listener) {
        listeners.delete(listener);
        return inner.unsubscribe(channel, listener);
      },
      isConnected: () => isOn,
    },
    turn(state) {
      if (isOn === (state === 'on')) return;
      isOn = state === 'on';
      for (const listener of new Set(listeners)) listener.onInterrupted();
    },
  };
}
