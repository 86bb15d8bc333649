/** A log that says nothing, for tests whose subject logs. */
import { createLog } from '../../telemetry/log.ts';

export const silentLog = createLog({ level: 'silent', part: 'test' });
