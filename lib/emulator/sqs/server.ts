import { createHash, randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import type { LocalQueue } from './queue.ts';

/** How the requests to SQS are told from others. */
export const sqsTargetPrefix = 'AmazonSQS.';

const sendMessageBatch = v.object({
  QueueUrl: v.string(),
  Entries: v.pipe(
    v.array(v.object({ Id: v.string(), MessageBody: v.string() })),
    v.minLength(1),
    v.maxLength(10),
  ),
});

/**
 * Responds as Amazon SQS does, AWS JSON 1.0, as much of it as the producer uses: `SendMessageBatch` to one queue.
 */
export function createSqsListener(queue: LocalQueue): RequestListener {
  return async (request, response) => {
    const respond = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() })
        .end(JSON.stringify(body));
    const refuse = (type: string, message: string) =>
      respond(400, { __type: `com.amazonaws.sqs#${type}`, message });

    const body = await text(request);
    if (request.headers['x-amz-target'] !== `${sqsTargetPrefix}SendMessageBatch`) {
      refuse('UnsupportedOperation', 'Only SendMessageBatch is here.');
      return;
    }
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sendMessageBatch), body);
    if (!parsed.success) {
      refuse('InvalidParameterValue', parsed.issues.map(({ message }) => message).join(', '));
      return;
    }
    const { QueueUrl, Entries } = parsed.output;
    if (!QueueUrl.endsWith(`/${queue.settings.queueName}`)) {
      refuse('QueueDoesNotExist', 'The specified queue does not exist.');
      return;
    }
    respond(200, {
      Successful: Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: queue.send(MessageBody),
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      })),
      Failed: [],
    });
  };
}
