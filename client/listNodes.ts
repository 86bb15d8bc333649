/** Iterates over the nodes of a connection, page by page: for a document that calls its list `list` and takes `$after`. */
import type { Connection } from './connection.ts';

interface Answer<Node> {
  readonly list: {
    readonly edges: readonly { readonly node: Node }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

export interface NodesQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

export async function* listNodes<Node>(connection: Connection, { query, variables, signal }: NodesQuery): AsyncGenerator<Node, void, void> {
  for (let after: string | null = null; ;) {
    const operation: { query: string; variables: Record<string, unknown> } = { query, variables: { ...variables, after } };
    const { list }: Answer<Node> = await connection.request<Answer<Node>>(operation, { signal });
    for (const { node } of list.edges) yield node;
    if (!list.pageInfo.hasNextPage) return;
    after = list.pageInfo.endCursor;
  }
}
