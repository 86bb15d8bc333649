/** The page of workflows: their list, or the one that is looked at. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Connection } from '../client/connection.ts';
import type { Actions } from './actions.ts';
import type { Address } from './address.ts';
import { WorkflowList } from './workflowList.ts';
import { WorkflowPage } from './workflowPage.ts';
import type { Workflows } from './workflows.ts';

export interface WorkflowsViewProps {
  readonly address: Address;
  readonly connection: Connection;
  readonly workflows: Workflows;
  readonly actions: Pick<Actions, 'retry'>;
  readonly isAdmin: boolean;
}

export function WorkflowsView({ address, connection, workflows, actions, isAdmin }: WorkflowsViewProps): ComponentChildren {
  const { workflowId, workflowStatus, owner } = address;
  return workflowId === undefined
    ? html`<${WorkflowList} key=${`${workflowStatus} ${owner}`} address=${address} workflows=${workflows} isAdmin=${isAdmin} />`
    : html`<${WorkflowPage}
        key=${workflowId}
        address=${address}
        workflowId=${workflowId}
        connection=${connection}
        workflows=${workflows}
        actions=${actions}
      />`;
}
