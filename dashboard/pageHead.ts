/** The head of an operator's page: its name, errors, and the result of the last action. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { ActionNote } from './actionNote.ts';
import type { Action } from './useAction.ts';

export interface PageHeadProps {
  readonly title: string;
  /** Why it could not be read. */
  readonly problem: string | undefined;
  readonly action: Action;
  readonly isLoading: boolean;
  readonly children?: ComponentChildren;
}

export function PageHead({ title, problem, action, isLoading, children }: PageHeadProps): ComponentChildren {
  return html`<div class="operate-head">
      <h2>${title}</h2>
      <${ActionNote} action=${action} />
      <span class="spacer"></span>
      ${children}
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${isLoading && problem === undefined && html`<p class="muted">Loading …</p>`}`;
}
