import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { createMemoryQueues } from '../../core/queue/memory/queues.ts';
import { openTestQueues } from '../support/backends.ts';
import { contractQueueSettings, exerciseQueues } from './exerciseQueues.ts';

exerciseQueues('fauxqs', async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  const opened = await openTestQueues(aws.endpoints.sqs, contractQueueSettings);
  return {
    queues: opened.queues,
    servesInTurn: false,
    close: async () => {
      await opened.close();
      await aws.close();
    },
  };
});

exerciseQueues('this process', () => {
  const queues = createMemoryQueues({ ...contractQueueSettings, now: Date.now });
  return Promise.resolve({ queues, servesInTurn: true, close: () => Promise.resolve(queues.close()) });
});
