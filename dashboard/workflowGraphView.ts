/** A workflow as a picture. Users who cannot see it, or have no pointer, find the same in the list beside it. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { isFinal, type JobStatus } from '../client/job.ts';
import { statusNames } from './statusBadge.ts';
import { useGraphView, type GraphView, type Size } from './useGraphView.ts';
import { waitsFor } from './waitsFor.ts';
import type { WorkflowJob } from './workflowDocuments.ts';
import { jobHeight, jobWidth, layOut, type PlacedEdge, type PlacedJob } from './workflowGraph.ts';

export interface WorkflowGraphViewProps {
  readonly jobs: ReadonlyMap<string, WorkflowJob>;
  readonly openedJobId: string | undefined;
  readonly now: number;
  readonly onOpen: (jobId: string) => void;
}

/** Smaller, nothing could be read. */
const readableScale = 0.5;

const layoutMark = 'workflow layout';

/** More are drawn faint, and without dashes, which cost most of the drawing. */
const manyEdges = 200;

export function WorkflowGraphView({ jobs, openedJobId, now, onOpen }: WorkflowGraphViewProps): ComponentChildren {
  // Which there are and how they hang together changes while they are being made, and then no more.
  const graph = useMemo(() => {
    // For a profile of the page, and for its test: the layout is costly, and is not repeated when the view moves or jobs change.
    performance.mark(layoutMark);
    return layOut([...jobs].map(([name, { dependsOn }]) => ({ name, dependsOn: dependsOn.map((one) => one.name) })));
  }, [[...jobs.keys()].join('\n')]);
  const { frame, size, view, zoom, fit, handlers } = useGraphView(graph);
  const isReadable = view.scale >= readableScale;
  const opened = [...jobs.values()].find(({ jobId }) => jobId === openedJobId)?.workflowJobName;
  // A thousand jobs that are too small for text are not drawn again each second.
  const nodes = useMemo(
    () =>
      graph.jobs
        .filter((placed) => isSeen(placed, view, size))
        .map((placed) => {
          const job = jobs.get(placed.name);
          return html`<${Node} key=${placed.name} ...${{ placed, job, jobs, now, isReadable, isOpened: placed.name === opened }} />`;
        }),
    [graph, jobs, opened, isReadable ? now : 0, size, view.x, view.y, view.scale],
  );
  const onClick = ({ target }: MouseEvent): void => {
    const jobId = target instanceof Element ? target.closest('[data-job]')?.getAttribute('data-job') : undefined;
    if (typeof jobId === 'string') onOpen(jobId);
  };
  return html`<div class="graph">
    <div class="graph-frame" ref=${frame}>
      <svg
        width=${size.width}
        height=${size.height}
        role="img"
        aria-label=${`Graph of ${jobs.size} jobs; the list of jobs says the same in words`}
        onClick=${onClick}
        ...${handlers}
      >
        <g class=${graph.edges.length > manyEdges ? 'is-many' : ''} transform=${`translate(${view.x} ${view.y}) scale(${view.scale})`}>
          <${Edges} edges=${graph.edges} jobs=${jobs} opened=${opened} />
          ${nodes}
        </g>
      </svg>
    </div>
    <div class="graph-tools" role="group" aria-label="Size of the graph">
      <button type="button" class="small" aria-label="Larger" title="Larger (Ctrl and wheel)" onClick=${() => zoom(1.35)}>+</button>
      <button type="button" class="small" aria-label="Smaller" title="Smaller (Ctrl and wheel)" onClick=${() => zoom(1 / 1.35)}>−</button>
      <button type="button" class="small" title="All of it" onClick=${fit}>Fit</button>
    </div>
  </div>`;
}

function isSeen({ x, y }: PlacedJob, view: GraphView, { width, height }: Size): boolean {
  const [left, top] = [view.x + x * view.scale, view.y + y * view.scale];
  return left < width && top < height && left + jobWidth * view.scale > 0 && top + jobHeight * view.scale > 0;
}

interface EdgesProps {
  readonly edges: readonly PlacedEdge[];
  readonly jobs: ReadonlyMap<string, WorkflowJob>;
  readonly opened: string | undefined;
}

/** One path a kind, however many there are: what is done, what is waited for, what came to nothing, and the opened job's. */
function Edges({ edges, jobs, opened }: EdgesProps): ComponentChildren {
  // There are many lines, and they are drawn again only when one changes.
  const standing = edges.map(({ from, to }) => kindOf(jobs.get(from)?.status, from === opened || to === opened));
  return useMemo(() => {
    const kinds = Map.groupBy(edges, (_edge, index) => standing[index]);
    return (['done', 'open', 'failed', 'opened'] as const).map((kind) => {
      const d = (kinds.get(kind) ?? []).map((edge) => edge.d).join('');
      return d !== '' && html`<path key=${kind} class=${`edge is-${kind}`} d=${d} />`;
    });
  }, [edges, standing.join('')]);
}

function kindOf(status: JobStatus | undefined, isOpened: boolean): 'done' | 'open' | 'failed' | 'opened' {
  if (isOpened) return 'opened';
  if (status === 'SUCCEEDED') return 'done';
  return status === undefined || !isFinal(status) ? 'open' : 'failed';
}

interface NodeProps extends Pick<WorkflowGraphViewProps, 'jobs' | 'now'> {
  readonly placed: PlacedJob;
  readonly job: WorkflowJob | undefined;
  readonly isOpened: boolean;
  readonly isReadable: boolean;
}

function Node({ placed: { name, x, y }, job, jobs, now, isOpened, isReadable }: NodeProps): ComponentChildren {
  if (job === undefined) return null;
  const { jobId, status } = job;
  const place = `translate(${x} ${y})`;
  const kind = `node is-${status} ${isOpened ? 'is-opened' : ''}`;
  if (!isReadable) {
    return html`<g class=${`${kind} is-small`} transform=${place} data-job=${jobId}>
      <title>${name}</title>
      <rect class="node-box" width=${jobWidth} height=${jobHeight} rx="8" />
    </g>`;
  }
  const words = waitsFor(job, jobs, now);
  // Of one that is not over the words say where it stands.
  const said = isFinal(status) || words === '' ? [statusNames[status], words].filter((part) => part !== '').join(' · ') : words;
  return html`<g class=${kind} transform=${place} data-job=${jobId}>
    <title>${`${name}: ${words === '' ? statusNames[status] : words}`}</title>
    <rect class="node-box" width=${jobWidth} height=${jobHeight} rx="8" />
    <circle class="node-dot" cx="16" cy="16" r="4.5" />
    <text class="node-name" x="28" y="20">${cut(name, 20)}</text>
    <text class="node-words" x="28" y="36">${cut(said, 25)}</text>
  </g>`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
