/** Figures of each job type for the last hour or day: how many jobs, how many succeeded, how fast, and which waits longest. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { formatAddress, type Address } from './address.ts';
import { whoseOf, whoseWords } from './filterOf.ts';
import { windows, type Insights, type StatisticsWindow, type TypeInsight } from './insights.ts';
import { OwnerField } from './ownerField.ts';
import { StatisticsRow } from './statisticsRow.ts';
import { usePolled } from './usePolled.ts';

export interface StatisticsPageProps {
  readonly address: Address;
  readonly insights: Pick<Insights, 'types'>;
  readonly isAdmin: boolean;
}

const readEveryMs = 15_000;
const windowNames: Readonly<Record<StatisticsWindow, string>> = { HOUR: 'Last hour', DAY: 'Last day' };

export function StatisticsPage({ address, insights, isAdmin }: StatisticsPageProps): ComponentChildren {
  const { owner, allOwners } = address;
  const [window, setWindow] = useState<StatisticsWindow>('HOUR');
  const asked = formatAddress({ ...address, jobId: undefined });
  const read = useCallback(async () => ({ window, types: await insights.types(window, whoseOf(address)) }), [insights, window, asked]);
  const { value: shown, problem } = usePolled(read, readEveryMs);
  const notes = shown === undefined ? [] : notesOf(shown.types);
  return html`<section class="insight card" aria-labelledby="statistics-title">
    <div class="insight-head">
      <h2 id="statistics-title">${`Statistics of ${whoseWords(address)}`}</h2>
      <span class="spacer"></span>
      ${(isAdmin || owner !== undefined || allOwners) && html`<${OwnerField} key=${owner ?? ''} address=${address} />`}
      <div class="segments" role="group" aria-label="Which time">
        ${windows.map(
          (one) =>
            html`<button key=${one} type="button" aria-pressed=${one === window} onClick=${() => setWindow(one)}>
              ${windowNames[one]}
            </button>`,
        )}
      </div>
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${shown === undefined && problem === undefined && html`<div class="empty"><p>Loading …</p></div>`}
    ${shown !== undefined && html`<${TypeTable} types=${shown.types} window=${shown.window} address=${address} />`}
    ${notes.map((note) => html`<p key=${note} class="insight-note muted">${note}</p>`)}
  </section>`;
}

function notesOf(types: readonly TypeInsight[]): readonly string[] {
  const known = types.flatMap(({ statistics }) => statistics ?? []);
  return [
    'Rates are of jobs handed in within that time. Wait is until the first attempt, run from there to the end; 50 and 95 of 100 jobs took no longer.',
    ...(known.some(({ isEstimated }) => isEstimated)
      ? ['≈ There are too many jobs to count: estimated from the newest ones of each part of the time.']
      : []),
    ...(known.length < types.length ? ['Of all owners’ jobs no index tells what was handed in: name an owner to see it.'] : []),
  ];
}

interface TypeTableProps {
  readonly types: readonly TypeInsight[];
  readonly window: StatisticsWindow;
  readonly address: Address;
}

function TypeTable({ types, window, address }: TypeTableProps): ComponentChildren {
  return html`<div class="table-scroll" tabindex=${0} role="region" aria-label="Statistics of job types">
    <table class="insight-table statistics-table">
      <caption class="hidden">
        ${`Job types, ${windowNames[window].toLowerCase()}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Type</th>
          <th scope="col">Longest wait</th>
          <th scope="col" class="number">Jobs</th>
          <th scope="col" class="number">Failed</th>
          <th scope="col" class="wide-only">${`${windowNames[window]}, ${window === 'HOUR' ? 'by 5 min' : 'by hour'}`}</th>
          <th scope="col" class="number wide-only">Wait, 50 / 95 %</th>
          <th scope="col" class="number wide-only">Run, 50 / 95 %</th>
        </tr>
      </thead>
      <tbody>
        ${types.map((type) => html`<${StatisticsRow} key=${type.name} type=${type} window=${window} address=${address} />`)}
      </tbody>
    </table>
  </div>`;
}
