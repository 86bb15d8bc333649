/** Iterates over the nodes of a connection, page by page: for a document that calls its list `list` and takes `$after`. */
import type { Connection } from './connection.ts';

export interface NodesQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

export interface NodesAnswer<Node> {
  readonly list: {
    readonly edges: readonly { readonly node: Node }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

export function listNodes<Node>(connection: Connection, query: NodesQuery): AsyncGenerator<Node, void, void> {
  return listNodesIn<Node, NodesAnswer<Node>>(connection, query, (data) => data);
}

/** Where the list is not at the top of the answer. */
export async function* listNodesIn<Node, Data>(
  connection: Connection,
  { query, variables, signal }: NodesQuery,
  find: (data: Data) => NodesAnswer<Node>,
): AsyncGenerator<Node, void, void> {
  for (let after: string | null = null; ;) {
    const operation: { query: string; variables: Record<string, unknown> } = { query, variables: { ...variables, after } };
    const { list } = find(await connection.request<Data>(operation, { signal }));
    for (const { node } of list.edges) yield node;
    if (!list.pageInfo.hasNextPage) return;
    after = list.pageInfo.endCursor;
  }
}
