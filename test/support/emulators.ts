/** The emulators that the contract tests of table and queue run on, each once. */
import { inject } from 'vitest';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';

export interface Emulator {
  readonly name: string;
  open(): Promise<OpenEmulator>;
}

export interface OpenEmulator {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** The embedded default and Amazon's own; DynamoDB Local is one for all tests, so each uses a table of its own. */
export const dynamoDbEmulators: readonly Emulator[] = [
  { name: 'dynalite', open: () => openEmbedded('dynamodb') },
  { name: 'dynamodb-local', open: () => Promise.resolve({ endpoint: inject('dynamoDbLocalUrl'), close: () => Promise.resolve() }) },
];

export const sqsEmulators: readonly Emulator[] = [{ name: 'fauxqs', open: () => openEmbedded('sqs') }];

export const s3Emulators: readonly Emulator[] = [{ name: 'fauxqs', open: () => openEmbedded('s3') }];

async function openEmbedded(service: 'dynamodb' | 'sqs' | 's3'): Promise<OpenEmulator> {
  const aws = await openEmbeddedAws({ dataDir: '' });
  return { endpoint: aws.endpoints[service], close: () => aws.close() };
}
