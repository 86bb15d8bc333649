/** Components that a test mounts, and the views that they rendered. */
import { createElement, StrictMode, useEffect, type ReactNode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { afterAll, beforeAll } from 'vitest';
import { openApiSystem, type ApiSystem } from '../test/e2e/apiSystem.ts';
import type { View } from './jobHooks.ts';

const mounted: { unmount: () => void }[] = [];

interface Mounted {
  draw(element: ReactNode): void;
  unmount(): void;
}

/** In StrictMode, like an app in development. */
export function mount(element: ReactNode): Mounted {
  const container = document.createElement('div');
  document.body.append(container);
  const root = createRoot(container);
  const draw = (drawn: ReactNode): void => root.render(createElement(StrictMode, null, drawn));
  draw(element);
  mounted.push({ unmount: () => root.unmount() });
  return { draw, unmount: () => root.unmount() };
}

/** Records each committed view that differs from the one before. */
export function noting<Given, Data>(use: (given: Given) => View<Data>) {
  const views: View<Data>[] = [];
  let drawings = 0;
  function Noted({ given }: { readonly given: Given }): null {
    const view = use(given);
    drawings += 1;
    useEffect(() => {
      views.push(view);
    }, [view]);
    return null;
  }
  return {
    views,
    drawings: () => drawings,
    last: () => views.at(-1),
    element: (given: Given) => createElement(Noted, { given }),
  };
}

/** Hydrates what a server rendered. */
export function hydrate(html: string, element: ReactNode): { readonly container: Element; readonly complaints: readonly unknown[] } {
  const container = document.createElement('div');
  container.innerHTML = html;
  const complaints: unknown[] = [];
  const root = hydrateRoot(container, element, { onRecoverableError: (error) => complaints.push(error) });
  mounted.push({ unmount: () => root.unmount() });
  return { container, complaints };
}

/** For the tests of a block: a system; mounted components are unmounted. */
export function useSystem(): () => ApiSystem {
  let system: ApiSystem;
  beforeAll(async () => {
    system = await openApiSystem({
      environment: { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1', BACKOFF_BASE_MS: '50', BACKOFF_MAX_MS: '100' },
    });
  });
  afterAll(async () => {
    for (const { unmount } of mounted) unmount();
    await system[Symbol.asyncDispose]();
  });
  return () => system;
}
