/** Iterates over the nodes of a connection, page by page: for a document that calls its list `list` and takes `$after`. */
import type { Connection } from './connection.ts';

export interface NodesQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

interface List<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Where the list is a field of another object, the document calls that object `within`. */
type Answer<Node> = { readonly list: List<Node> } | { readonly within: { readonly list: List<Node> } };

export async function* listNodes<Node>(connection: Connection, { query, variables, signal }: NodesQuery): AsyncGenerator<Node, void, void> {
  for (let after: string | null = null; ;) {
    const operation: { query: string; variables: Record<string, unknown> } = { query, variables: { ...variables, after } };
    const answer: Answer<Node> = await connection.request<Answer<Node>>(operation, { signal });
    const { edges, pageInfo } = 'within' in answer ? answer.within.list : answer.list;
    for (const { node } of edges) yield node;
    if (!pageInfo.hasNextPage) return;
    after = pageInfo.endCursor;
  }
}
