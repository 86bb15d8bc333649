/** What the Lambdas share on AWS: one core per container, opened when it starts and kept from one event to the next. */
import { metrics } from '@opentelemetry/api';
import { systemClock } from '../../core/clock.ts';
import { createJobTypes } from '../../core/jobType.ts';
import type { Core } from '../../core/usecases/core.ts';
import { readConfig } from '../../runtime/config.ts';
import { openCore } from '../../runtime/open.ts';
import { openSecrets } from '../../runtime/secrets.ts';
import { createLog } from '../../telemetry/log.ts';
import { createEmbeddedMetrics } from '../../telemetry/embeddedMetrics.ts';
import { createTelemetry } from '../../telemetry/telemetry.ts';

export interface Container {
  readonly core: Core;
  /** A handler that leaves no work in progress: Lambda freezes the container as soon as it has the answer. */
  settled<Event, Answer>(handler: (event: Event) => Promise<Answer>): (event: Event) => Promise<Answer>;
}

/**
 * Nothing is closed: Lambda ends a container without notice.
 * @throws {ConfigError} when a setting is not valid or a secret cannot be read, which Lambda reports as a failed start.
 */
export async function openContainer(part: string): Promise<Container> {
  const config = readConfig();
  // CloudWatch turns these lines into metrics. Spans are X-Ray's part here.
  const embedded = createEmbeddedMetrics({
    part,
    namespace: config.metricsNamespace,
    write: (line) => void process.stdout.write(`${line}\n`),
    now: systemClock.now,
  });
  const telemetry = createTelemetry({ meter: metrics.getMeter('none'), embedded });
  // Lambdas do not hand in jobs.
  const jobTypes = createJobTypes([]);
  const log = createLog({ level: config.logLevel, part });
  const secrets = await openSecrets({ config, log });
  const { core } = openCore({ config, secrets, jobTypes, log, clock: systemClock, telemetry });
  const publishing = new Set<Promise<boolean>>();

  function publish(event: Parameters<Core['feed']['publish']>[0]): Promise<boolean> {
    const taken = core.feed.publish(event);
    publishing.add(taken);
    void taken.finally(() => publishing.delete(taken));
    return taken;
  }

  return {
    core: { ...core, feed: { ...core.feed, publish } },
    settled: (handler) => async (event) => {
      try {
        return await handler(event);
      } finally {
        await Promise.all(publishing);
        await embedded.flush();
      }
    },
  };
}
