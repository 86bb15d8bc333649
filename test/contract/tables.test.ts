import { inject } from 'vitest';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { openTestTable } from '../support/backends.ts';
import { exerciseTable } from './exerciseTable.ts';

exerciseTable('dynalite', async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  const opened = await openTestTable(aws.endpoints.dynamodb);
  return {
    table: opened.table,
    close: async () => {
      await opened.close();
      await aws.close();
    },
  };
});

exerciseTable('DynamoDB Local', () => openTestTable(inject('dynamoDbLocalUrl')));
