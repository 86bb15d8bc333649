/** The operator's page that is shown. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { JobTypeInfo } from './documents.ts';
import type { OperatePage } from './operatePage.ts';
import type { Operations } from './operations.ts';
import type { Viewer } from './panelDocuments.ts';
import type { QueueGauge } from './queueGauge.ts';
import { QueuesPage } from './queuesPage.ts';
import { SchedulesPage } from './schedulesPage.ts';
import { TypesPage } from './typesPage.ts';
import { WorkersPage } from './workersPage.ts';

export interface OperateViewProps {
  readonly page: OperatePage;
  readonly operations: Operations;
  /** Undefined until the server has answered. */
  readonly viewer: Viewer | undefined;
  readonly gauge: QueueGauge;
  readonly types: readonly JobTypeInfo[];
  /** The owner of the schedules; undefined: the viewer. */
  readonly owner: string | undefined;
}

export function OperateView({ page, operations, viewer, gauge, types, owner }: OperateViewProps): ComponentChildren {
  switch (page) {
    case 'schedules':
      return html`<${SchedulesPage} key=${owner ?? ''} operations=${operations} viewer=${viewer} types=${types} owner=${owner} />`;
    case 'types':
      return html`<${TypesPage} operations=${operations} viewer=${viewer} />`;
    case 'queues':
      return html`<${QueuesPage} operations=${operations} viewer=${viewer} gauge=${gauge} />`;
    case 'workers':
      return html`<${WorkersPage} operations=${operations} viewer=${viewer} />`;
  }
}
