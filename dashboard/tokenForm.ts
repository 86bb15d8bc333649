/** Where the server asks for tokens: the place to give one. */
import { h, type ComponentChildren } from 'preact';
import { readToken, signIn } from './token.ts';

export function TokenForm({ problem }: { readonly problem: string | undefined }): ComponentChildren {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const { currentTarget } = event;
    if (!(currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(currentTarget).get('token');
    if (typeof given === 'string') signIn(given.trim().replace(/^Bearer +/i, ''));
  };
  return h(
    'form',
    { class: 'token card', onSubmit },
    h('h2', null, 'This server asks for a token'),
    h('p', { class: 'muted' }, readToken() === undefined ? 'It is kept in this tab alone, and forgotten with it.' : problem),
    h('label', { for: 'token' }, 'Token (JWT)'),
    h(
      'div',
      { class: 'row' },
      h('input', { id: 'token', name: 'token', type: 'password', required: true, autocomplete: 'off', spellcheck: false }),
      h('button', { type: 'submit', class: 'primary' }, 'Use it'),
    ),
  );
}
