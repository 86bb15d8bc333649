/** Bulk operations: one request to the API, which then does the work, even if this page is closed. */
import type { Connection } from '../client/connection.ts';
import { isPassing } from '../client/errors.ts';
import { randomKey } from '../client/randomKey.ts';
import type { Filter, Whose } from './documents.ts';

export type BulkAction = 'RETRY' | 'CANCEL';

export interface BulkOperation {
  readonly operationId: string;
  readonly action: BulkAction;
  readonly status: 'PENDING' | 'RUNNING' | 'COMPLETED' | 'ABORTED';
  readonly version: number;
  readonly isDryRun: boolean;
  /** Jobs found so far; in the end each is counted in one of the next three fields. */
  readonly matched: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly errors: readonly { readonly code: string; readonly count: number }[];
}

export interface BulkRequest extends Whose {
  readonly action: BulkAction;
  readonly filter: Filter;
  readonly dryRun: boolean;
  readonly maxPerSecond?: number;
}

export interface Bulk {
  /** Sent again when its answer is lost, which the idempotency key makes harmless. */
  create(request: BulkRequest): Promise<BulkOperation>;
  abort(operationId: string): Promise<BulkOperation>;
  /** Reports each change, and resolves with the last one when the operation has ended. @throws the signal's reason. */
  follow(operation: BulkOperation, onChange: (operation: BulkOperation) => void, signal: AbortSignal): Promise<BulkOperation>;
  /** The caller's open operations, newest first. */
  running(): Promise<readonly BulkOperation[]>;
}

const fields = 'operationId action status version isDryRun matched done skipped failed errors { code count }';

export const bulkDocuments = {
  create: `mutation CreateBulk($input: CreateBulkOperationInput!) { createBulkOperation(input: $input) { operation { ${fields} } } }`,
  abort: `mutation AbortBulk($operationId: ID!) { abortBulkOperation(input: { operationId: $operationId }) { operation { ${fields} } } }`,
  changed: `subscription BulkChanged($operationId: ID!, $afterVersion: Int) {
    bulkOperationChanged(operationId: $operationId, afterVersion: $afterVersion) { ${fields} }
  }`,
  recent: `query RecentBulk { bulkOperations(first: 10) { edges { node { ${fields} } } } }`,
};

interface BulkAnswers {
  readonly create: { readonly createBulkOperation: { readonly operation: BulkOperation } };
  readonly abort: { readonly abortBulkOperation: { readonly operation: BulkOperation } };
  readonly changed: { readonly bulkOperationChanged: BulkOperation };
  readonly recent: { readonly bulkOperations: { readonly edges: readonly { readonly node: BulkOperation }[] } };
}

export function createBulk(connection: Connection): Bulk {
  return {
    async create(request) {
      const input = { ...request, idempotencyKey: randomKey() };
      const answer = await connection.request<BulkAnswers['create']>({ query: bulkDocuments.create, variables: { input } });
      return answer.createBulkOperation.operation;
    },
    async abort(operationId) {
      const answer = await connection.request<BulkAnswers['abort']>({ query: bulkDocuments.abort, variables: { operationId } });
      return answer.abortBulkOperation.operation;
    },
    async follow(operation, onChange, signal) {
      let last = operation;
      for (let tries = 1; !isOver(last); tries += 1) {
        try {
          const variables = { operationId: last.operationId, afterVersion: last.version };
          const changes = connection.subscribe<BulkAnswers['changed']>({ query: bulkDocuments.changed, variables }, signal);
          for await (const { bulkOperationChanged } of changes) {
            tries = 0;
            last = bulkOperationChanged;
            onChange(last);
          }
        } catch (error) {
          signal.throwIfAborted();
          if (!isPassing(error)) throw error;
          await connection.pause(error, Math.max(1, tries), signal);
        }
        signal.throwIfAborted();
      }
      return last;
    },
    async running() {
      const { bulkOperations } = await connection.request<BulkAnswers['recent']>({ query: bulkDocuments.recent });
      return bulkOperations.edges.map(({ node }) => node).filter((operation) => !operation.isDryRun && !isOver(operation));
    },
  };
}

export function isOver({ status }: Pick<BulkOperation, 'status'>): boolean {
  return status === 'COMPLETED' || status === 'ABORTED';
}
