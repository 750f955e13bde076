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
 *
 * @param refuses Decides over each message, in order, whether it is refused. @default - every message is taken
 */
export function createSqsListener(queue: LocalQueue, refuses: () => boolean = () => false): RequestListener {
  return async (request, response) => {
    const respond = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() })
        .end(JSON.stringify(body));
    const respondWithError = (type: string, message: string) =>
      respond(400, { __type: `com.amazonaws.sqs#${type}`, message });

    // A client that is gone before it sent all gets an error that it never reads.
    const body = await text(request).catch(() => '');
    if (request.headers['x-amz-target'] !== `${sqsTargetPrefix}SendMessageBatch`) {
      respondWithError('UnsupportedOperation', 'Only SendMessageBatch is here.');
      return;
    }
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sendMessageBatch), body);
    if (!parsed.success) {
      respondWithError('InvalidParameterValue', parsed.issues.map(({ message }) => message).join(', '));
      return;
    }
    const { QueueUrl, Entries } = parsed.output;
    if (!QueueUrl.endsWith(`/${queue.settings.queueName}`)) {
      respondWithError('QueueDoesNotExist', 'The specified queue does not exist.');
      return;
    }
    const refusals = Entries.map(() => refuses());
    const taken = Entries.filter((_entry, index) => !refusals[index]);
    const failed = Entries.filter((_entry, index) => refusals[index]);
    respond(200, {
      Successful: taken.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: queue.send(MessageBody),
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      })),
      Failed: failed.map(({ Id }) => ({
        Id,
        SenderFault: false,
        Code: 'RequestThrottled',
        Message: 'Request is throttled.',
      })),
    });
  };
}
