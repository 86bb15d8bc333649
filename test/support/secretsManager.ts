/** Secrets Manager's GetSecretValue and PutSecretValue on a loopback port, over its JSON protocol. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';
import { portOf } from './portOf.ts';

export interface SecretsManager extends Disposable {
  readonly url: string;
  /** How often a secret was read. */
  reads(): number;
  put(arn: string, value: string): void;
}

const request = z.object({ SecretId: z.string(), SecretString: z.string().optional() });

export const secretArn = (name: string): string => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`;

/** @param secrets texts by ARN; any other ARN is answered as AWS does. */
export async function startSecretsManager(secrets: Readonly<Record<string, string>>): Promise<SecretsManager> {
  const values = new Map(Object.entries(secrets));
  let reads = 0;
  const server = createServer((incoming, response) => {
    void Array.fromAsync(incoming).then((chunks: Buffer[]) => {
      const { SecretId, SecretString } = request.parse(JSON.parse(Buffer.concat(chunks).toString()));
      const isPut = incoming.headers['x-amz-target'] === 'secretsmanager.PutSecretValue';
      if (isPut && SecretString !== undefined) values.set(SecretId, SecretString);
      else reads += 1;
      const found = values.get(SecretId);
      const answer =
        found === undefined
          ? { __type: 'ResourceNotFoundException', Message: 'Secrets Manager can’t find the specified secret.' }
          : { ARN: SecretId, SecretString: found };
      response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    reads: () => reads,
    put: (arn, value) => void values.set(arn, value),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
