/** The sources that are followed at present, by their keys. */
import { createSource, type Source, type SourceDeps } from './source.ts';
import { firstViewOf, type Viewed } from './view.ts';

export interface Sources<Data> {
  /** Nothing is followed before a component subscribes: a rendered component may never be mounted. */
  at(key: string, how: { readonly initial: Data | undefined; readonly follow: SourceDeps<Data>['follow'] }): Viewed<Data>;
  get(key: string): Source<Data> | undefined;
}

export function createSources<Data>({ connection, isLast }: Pick<SourceDeps<Data>, 'connection' | 'isLast'>): Sources<Data> {
  const sources = new Map<string, Source<Data>>();
  return {
    get: (key) => sources.get(key),
    at(key, { initial, follow }) {
      const first = firstViewOf(initial, isLast);
      /** Kept for a component that returns after all have gone. */
      let last = first;
      return {
        firstView: () => first,
        view() {
          last = sources.get(key)?.view() ?? last;
          return last;
        },
        subscribe(listener) {
          const onUnused = (): void => void sources.delete(key);
          const source = sources.get(key) ?? createSource({ follow, initial: last.data, isLast, connection, onUnused });
          sources.set(key, source);
          return source.subscribe(listener);
        },
      };
    },
  };
}
