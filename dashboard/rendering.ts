/** When the page is rendered: what the API tells, once per frame; what a person does, before their next act. */
import { options } from 'preact';

/** After each the page shows its effect, so that no handler acts on what was there before it. They bubble. */
const acts = ['click', 'input', 'change', 'keydown', 'submit'] as const;

/** Once, before the first render. */
export function pacedRendering(window: Pick<Window, 'addEventListener' | 'requestAnimationFrame'>): void {
  let render: (() => void) | undefined;
  options.debounceRendering = (process) => {
    render = process;
    window.requestAnimationFrame(process);
  };
  for (const act of acts) window.addEventListener(act, () => render?.());
}
