/** Several views as one: the data of each in their order, and the state of them all. */
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
    // The same object as long as nothing has changed, or React would draw for ever.
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

/** In this order, whichever one of them has; `ended` where all have. */
function statusOf(views: readonly View<unknown>[]): View<unknown>['status'] {
  return (['error', 'loading', 'live'] as const).find((wanted) => views.some(({ status }) => status === wanted)) ?? 'ended';
}
