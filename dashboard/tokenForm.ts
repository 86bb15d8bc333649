/** The form for a token, where the server requires one. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { readToken, signIn } from './token.ts';

export function TokenForm({ problem }: { readonly problem: string | undefined }): ComponentChildren {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const { currentTarget } = event;
    if (!(currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(currentTarget).get('token');
    if (typeof given === 'string') signIn(given.trim().replace(/^Bearer +/i, ''));
  };
  return html`<form class="token card" onSubmit=${onSubmit}>
    <h2>This server asks for a token</h2>
    <p class="muted">${readToken() === undefined ? 'It is kept in this tab alone, and forgotten with it.' : problem}</p>
    <label for="token">Token (JWT)</label>
    <div class="row">
      <input id="token" name="token" type="password" required autocomplete="off" spellcheck=${false} />
      <button type="submit" class="primary">Use it</button>
    </div>
  </form>`;
}
