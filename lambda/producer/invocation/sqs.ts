import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { callAws, toAwsCallError } from '../../runtime/aws-call.ts';
import type { SendMessages } from './work-queue.ts';

/** The SQS client of a container. */
export function createQueueClient(): SQSClient {
  return new SQSClient({
    // Retrying is ours, by the invocation's deadline.
    maxAttempts: 1,
    // The queue's URL names the queue; where SQS is, is the endpoint's business (`AWS_ENDPOINT_URL`).
    useQueueUrlAsEndpoint: false,
    requestHandler: { httpAgent: { keepAlive: true }, httpsAgent: { keepAlive: true } },
  });
}

/**
 * Sends messages to a queue by `SendMessageBatch`.
 *
 * @param delaySeconds How long a message waits until it can be received: 900 at most. @default - the queue's own delay
 */
export function createSendMessages(client: SQSClient, queueUrl: string, delaySeconds?: number): SendMessages {
  return async (bodies, signal) => {
    const places = [...bodies.keys()];
    const command = new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: bodies.map((body, place) => ({
        Id: String(place),
        MessageBody: body,
        ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
      })),
    });
    const send = () => client.send(command, { abortSignal: signal });
    try {
      const { Successful = [], Failed = [] } = await callAws(command.middlewareStack, send, signal);
      const isTaken = new Set(Successful.map(({ Id }) => Number(Id)));
      const taken = places.filter((place) => isTaken.has(place));
      const refused = new Set(Failed.flatMap(({ Id, SenderFault }) => (SenderFault ? [Number(Id)] : [])));
      const missing = bodies.length - taken.length;
      const [{ Code, Message } = { Code: 'Unknown', Message: 'neither taken nor refused' }] = Failed;
      return {
        kind: 'decided',
        taken,
        again: places.filter((place) => !isTaken.has(place) && !refused.has(place)),
        ...(missing > 0 && {
          cause: new Error(`${missing} of ${bodies.length} messages: ${Code}: ${Message}`),
        }),
      };
    } catch (error) {
      const cause = toAwsCallError(error);
      return { kind: cause.kind, taken: [], again: cause.kind === 'fatal' ? [] : places, cause };
    }
  };
}
