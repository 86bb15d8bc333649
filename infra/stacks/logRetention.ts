/** The CDK's own constants for how many days logs are kept. */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Environment } from '../environments.ts';

export const logRetention: Readonly<Record<Environment['logRetentionDays'], RetentionDays>> = {
  7: RetentionDays.ONE_WEEK,
  30: RetentionDays.ONE_MONTH,
  90: RetentionDays.THREE_MONTHS,
};
