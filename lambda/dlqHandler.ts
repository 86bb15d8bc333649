/** Lambda of the dead-letter queue: ends the jobs whose budget is used up, and sends the others again. */
import { SpanKind } from '@opentelemetry/api';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { decodeMessage } from '../core/queue/message.ts';
import { deadLetterJob } from '../core/usecases/deadLetterJob.ts';
import type { LookDeps } from '../core/usecases/lookAt.ts';

export type DlqHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

/** Idempotent. A record that cannot be handled is reported as failed, so that it is delivered again. */
export function createDlqHandler(core: LookDeps): DlqHandler {
  return async ({ Records }) => {
    const failed: string[] = [];
    for (const { messageId, body, attributes } of Records) {
      const message = decodeMessage(body);
      if (message === undefined) {
        core.log.error({ messageId }, 'a dead letter names no job of ours; it is dropped');
        continue;
      }
      const log = core.log.child({ jobId: message.jobId, traceId: message.traceId });
      try {
        const origin = { xray: attributes.AWSTraceHeader, traceId: message.traceId, spanId: message.spanId };
        const result = await core.telemetry.span(
          'process DEAD_LETTER',
          { kind: SpanKind.CONSUMER, attributes: { 'job.id': message.jobId }, origin },
          () => deadLetterJob(core, message),
        );
        log.info({ result, generation: message.generation }, 'a dead letter was handled');
      } catch (error) {
        log.error({ error, messageId }, 'a dead letter could not be handled; it will be delivered again');
        failed.push(messageId);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
