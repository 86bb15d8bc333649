/** The queues as core defines them: one per priority, the dead-letter queue, and a queue for records that the stream relay gave up on. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { longPollSeconds, queueDefinitions, retentionSeconds, type QueueSettings } from '../../core/queue/sqs/definition.ts';
import { accept } from './accept.ts';
import { deadLetterVisibilitySeconds } from './lambdaLimits.ts';

export interface Queues {
  /** By priority: `high`, `normal`, `low`. */
  readonly jobs: ReadonlyMap<string, Queue>;
  readonly deadLetters: Queue;
  /** Where Lambda names the records of the stream that the relay could not publish. */
  readonly relayFailures: Queue;
}

export function addQueues(parent: Construct, settings: QueueSettings): Queues {
  const scope = new Construct(parent, 'Queues');
  const byName = new Map<string, Queue>();
  // The dead-letter queue comes first, since the others name it.
  for (const { name, visibilityTimeoutSeconds, retentionSeconds: retention, redrive } of queueDefinitions(settings)) {
    const queue = new Queue(scope, name.slice(settings.queuePrefix.length + 1), {
      ...shared,
      queueName: name,
      visibilityTimeout: Duration.seconds(redrive === undefined ? deadLetterVisibilitySeconds : visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(retention),
      receiveMessageWaitTime: Duration.seconds(longPollSeconds),
      ...(redrive === undefined
        ? {}
        : { deadLetterQueue: { queue: known(byName, redrive.deadLetterQueue), maxReceiveCount: redrive.maxReceiveCount } }),
    });
    byName.set(name, queue);
  }
  const [deadLetterName = ''] = byName.keys();
  const deadLetters = known(byName, deadLetterName);
  byName.delete(deadLetterName);

  const relayFailures = new Queue(scope, 'relay-failures', {
    ...shared,
    queueName: `${settings.queuePrefix}-relay-failures`,
    retentionPeriod: Duration.seconds(retentionSeconds.deadLetters),
  });
  accept(relayFailures, 'AwsSolutions-SQS3', 'It receives failures itself: only a person reads it.');
  const jobs = new Map([...byName].map(([name, queue]) => [name.slice(settings.queuePrefix.length + 1), queue]));
  return { jobs, deadLetters, relayFailures };
}

/** A queue holds no data of its own: its messages are made again from the table, by the sweeper or by a retry. */
const shared = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY } as const;

function known(queues: ReadonlyMap<string, Queue>, name: string): Queue {
  const queue = queues.get(name);
  if (queue === undefined) throw new Error(`queue ${name} comes before its dead-letter queue`);
  return queue;
}
