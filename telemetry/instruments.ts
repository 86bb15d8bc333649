/**
 * All that is measured, in one place: by name, unit and meaning, and which processes count it. Names follow OpenTelemetry's
 * semantic conventions where there are some (messaging.*). docs/metrics.md is generated from here; a test derives from the code
 * which process counts what.
 */

/** The processes of production. Prometheus scrapes the first two; the others are Lambdas, which write to CloudWatch. */
export type Process = 'server' | 'worker' | 'dlqHandler' | 'streamRelay' | 'sweeper';

export interface Instrument {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly countedBy: readonly Process[];
}

export const counters = {
  createRequests: {
    name: 'jobs.create.requests',
    unit: '{request}',
    description:
      'Jobs that clients asked for, by outcome: accepted; refused, because the request was wrong; failed, by a fault of this service.',
    countedBy: ['server'],
  },
  jobsCreated: {
    name: 'jobs.created',
    unit: '{job}',
    description: 'Jobs recorded, by type and priority.',
    countedBy: ['server', 'sweeper', 'worker'],
  },
  jobsFinished: {
    name: 'jobs.finished',
    unit: '{job}',
    description: 'Jobs that reached a final state, by type and status.',
    countedBy: ['server', 'worker', 'dlqHandler', 'sweeper'],
  },
  jobsRetried: {
    name: 'jobs.retried',
    unit: '{job}',
    description: 'Generations that a client’s retry, a bulk operation or a retried parent started, by type.',
    countedBy: ['server', 'sweeper', 'worker'],
  },
  bulkJobs: {
    name: 'jobs.bulk',
    unit: '{job}',
    description: 'Jobs that bulk operations looked at, by action and outcome: done, skipped, failed.',
    countedBy: ['sweeper'],
  },
  deadLetters: {
    name: 'jobs.dead_letters',
    unit: '{job}',
    description: 'Jobs that a dead letter ended because their budget was used up, by type.',
    countedBy: ['dlqHandler'],
  },
  webhookDeliveries: {
    name: 'jobs.webhook.deliveries',
    unit: '{try}',
    description:
      'Tries to deliver an event to a webhook, by outcome: delivered; refused, with another status; gone (410); unreachable; timeout; private_address; disabled or deleted, the endpoint.',
    countedBy: ['worker'],
  },
  sweeps: {
    name: 'jobs.sweeps',
    unit: '{job}',
    description:
      'Jobs the sweeper moved, by action: sentAgain, ended, failed; and unknown, sent again for a type that no running worker knows.',
    countedBy: ['sweeper'],
  },
  feedPublishes: {
    name: 'feed.publishes',
    unit: '{event}',
    description: 'Events published on the feed, by outcome: taken, lost.',
    countedBy: ['server', 'worker', 'dlqHandler', 'streamRelay', 'sweeper'],
  },
  feedRepairs: {
    name: 'feed.repairs',
    unit: '{event}',
    description: 'Events that watchers got from the table because the feed did not bring them.',
    countedBy: ['server'],
  },
  sent: {
    name: 'messaging.client.sent.messages',
    unit: '{message}',
    description: 'Messages sent, by destination.',
    countedBy: ['server', 'worker', 'dlqHandler', 'streamRelay', 'sweeper'],
  },
  consumed: {
    name: 'messaging.client.consumed.messages',
    unit: '{message}',
    description: 'Messages received, by destination.',
    countedBy: ['worker'],
  },
} as const satisfies Record<string, Instrument>;

export const histograms = {
  attemptDuration: {
    name: 'jobs.attempt.duration',
    unit: 's',
    description: 'Run time of a handler, by type and outcome.',
    countedBy: ['worker'],
  },
  processDuration: {
    name: 'messaging.process.duration',
    unit: 's',
    description: 'Time from a message’s receipt to its acknowledgement, by destination.',
    countedBy: ['worker'],
  },
  queueWait: {
    name: 'jobs.queue.wait',
    unit: 's',
    description: 'Time from when a job could begin (it was created or retried, or was due) to its first claim, by priority.',
    countedBy: ['worker'],
  },
  endToEnd: {
    name: 'jobs.duration',
    unit: 's',
    description: 'Time from a job’s creation to its final state, by type and status.',
    countedBy: ['server', 'worker', 'dlqHandler', 'sweeper'],
  },
  feedDelivery: {
    name: 'feed.delivery',
    unit: 's',
    description: 'Time from a transition until this server sends it to those who watch the job or its owner, however many they are.',
    countedBy: ['server'],
  },
} as const satisfies Record<string, Instrument>;

export const gauges = {
  watchers: {
    name: 'feed.watchers',
    unit: '{watcher}',
    description: 'Subscriptions to jobs and owners that are open here.',
    countedBy: ['server'],
  },
  sockets: { name: 'websocket.connections', unit: '{connection}', description: 'WebSockets that are open here.', countedBy: ['server'] },
  queueVisible: {
    name: 'jobs.queue.visible',
    unit: '{message}',
    description: 'Messages that wait for a worker, by priority, as SQS reports them to this server.',
    countedBy: ['server'],
  },
  dependencyAway: {
    name: 'jobs.dependency.away',
    unit: '1',
    description: '1 while this part does not answer this server: table, queues or feed.',
    countedBy: ['server'],
  },
  running: { name: 'jobs.running', unit: '{job}', description: 'Jobs that run in this worker.', countedBy: ['worker'] },
  slots: { name: 'jobs.slots', unit: '{job}', description: 'Jobs that this worker may run at once.', countedBy: ['worker'] },
  tableAway: {
    name: 'jobs.table.away',
    unit: '1',
    description: '1 while this worker receives nothing because the table does not answer.',
    countedBy: ['worker'],
  },
  sweepOpen: {
    name: 'jobs.sweep.open',
    unit: '{job}',
    description: 'Open jobs that the sweeper’s last complete pass looked at.',
    countedBy: ['sweeper'],
  },
  sweepOverdue: {
    name: 'jobs.sweep.overdue',
    unit: '{job}',
    description: 'Jobs that the sweeper’s last complete pass found overdue: it sent them again, ended them, or failed to.',
    countedBy: ['sweeper'],
  },
  waitingOldest: {
    name: 'jobs.waiting.oldest',
    unit: 's',
    description:
      'The longest time that a job has been waiting for a worker, by priority. Jobs that are in a backoff, parked or with a worker do not count.',
    countedBy: ['sweeper'],
  },
} as const satisfies Record<string, Instrument>;

export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
export type GaugeName = keyof typeof gauges;
