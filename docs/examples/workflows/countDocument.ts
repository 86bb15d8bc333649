/** Splits a document, works on its pages side by side, and joins what came of them. */
import type { AnyJobTypes, JobTickets, Workflow } from 'job-tickets-client';

export async function countDocument(client: JobTickets<AnyJobTypes>, text: string, pages: number): Promise<Workflow> {
  const names = Array.from({ length: pages }, (_, index) => `page-${index + 1}`);
  const { workflow } = await client.createWorkflow({
    name: `count ${pages} pages`,
    jobs: [
      { name: 'split', type: 'split_document', params: { text, pages } },
      ...names.map((name, index) => ({
        name,
        type: 'count_words',
        dependsOn: ['split'],
        paramsFrom: [{ path: ['text'], job: 'split', resultPath: ['pages', index] }],
      })),
      { name: 'join', type: 'join_counts', dependsOn: names },
    ],
  });
  return workflow;
}
