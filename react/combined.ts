/** Combines several views into one: their data in order, and one state for all. */
import type { View, Viewed } from './view.ts';

export function combined<Data>(parts: readonly Viewed<Data>[]): Viewed<readonly (Data | undefined)[]> {
  const of = (views: readonly View<Data>[]): View<readonly (Data | undefined)[]> => ({
    data: views.map(({ data }) => data),
    error: views.find(({ error }) => error !== undefined)?.error,
    status: statusOf(views),
    connection: views.find(({ connection }) => connection !== 'idle')?.connection ?? 'idle',
  });
  let last = parts.map((part) => part.firstView());
  const first = of(last);
  let view = first;
  return {
    firstView: () => first,
    // The same object as long as nothing has changed; otherwise React would render for ever.
    view() {
      const views = parts.map((part) => part.view());
      if (views.some((part, index) => part !== last[index])) [last, view] = [views, of(views)];
      return view;
    },
    subscribe(listener) {
      const leaving = parts.map((part) => part.subscribe(listener));
      return () => {
        for (const leave of leaving) leave();
      };
    },
  };
}

/** The first of these states that any of them has; `ended` where all have ended. */
function statusOf(views: readonly View<unknown>[]): View<unknown>['status'] {
  return (['error', 'loading', 'live'] as const).find((wanted) => views.some(({ status }) => status === wanted)) ?? 'ended';
}
