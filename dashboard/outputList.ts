/** The files that a job wrote, to be saved. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { ActionNote } from './actionNote.ts';
import { fetchFile, saveAs } from './download.ts';
import type { JobOutput } from './panelDocuments.ts';
import { useAction } from './useAction.ts';

export function OutputList({ outputs }: { readonly outputs: readonly JobOutput[] }): ComponentChildren {
  if (outputs.length === 0) return null;
  return html`<section aria-labelledby="outputs-title">
    <h3 id="outputs-title">Files</h3>
    <ul class="outputs">
      ${outputs.map((output) => html`<${Output} key=${output.name} output=${output} />`)}
    </ul>
  </section>`;
}

function Output({ output: { name, uri, downloadPath } }: { readonly output: JobOutput }): ComponentChildren {
  const action = useAction();
  const fileName = uri.split('/').at(-1) ?? name;
  const onClick = (): void => void action.run(async () => saveAs(await fetchFile(downloadPath), fileName), `Saved ${fileName}.`);
  return html`<li>
    <div class="row">
      <span class="output-name" title=${uri}><strong>${fileName}</strong>${' '}<span class="muted">${name}</span></span>
      <span class="spacer"></span>
      <button type="button" class="small" aria-label=${`Download ${fileName}`} disabled=${action.isBusy} onClick=${onClick}>
        ${action.isBusy ? 'Loading …' : 'Download'}
      </button>
    </div>
    <${ActionNote} action=${action} />
  </li>`;
}
