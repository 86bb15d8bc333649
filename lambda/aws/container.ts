/** What the Lambdas share on AWS: one core a container, opened when it starts and kept from one event to the next. */
import { systemClock } from '../../core/clock.ts';
import { readConfig } from '../../core/config.ts';
import { createLog } from '../../core/log.ts';
import { openCore } from '../../core/open.ts';
import type { Core } from '../../core/usecases/core.ts';

/**
 * Nothing is closed: Lambda freezes the container after an answer and ends it without a word.
 * @throws {ConfigError} when a setting is not valid, which Lambda reports as a failed start.
 */
export function openContainer(part: string): Core {
  const config = readConfig();
  return openCore({ config, log: createLog({ level: config.logLevel, part }), clock: systemClock }).core;
}
