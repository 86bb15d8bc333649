/** The emulators of DynamoDB that a test runs on, each once. */
import { inject } from 'vitest';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';

export interface Emulator {
  readonly name: string;
  open(): Promise<{ readonly endpoint: string; close(): Promise<void> }>;
}

/** The embedded default and Amazon's own; DynamoDB Local is one for all tests, so each uses a table of its own. */
export const dynamoDbEmulators: readonly Emulator[] = [
  { name: 'dynalite', open: openDynalite },
  { name: 'dynamodb-local', open: () => Promise.resolve({ endpoint: inject('dynamoDbLocalUrl'), close: () => Promise.resolve() }) },
];

async function openDynalite() {
  const aws = await openEmbeddedAws({ dataDir: '' });
  return { endpoint: aws.endpoints.dynamodb, close: () => aws.close() };
}
