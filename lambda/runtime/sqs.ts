import { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { madeForAttribute } from '../contract/made-for.ts';
import { callAws, toAwsCallError } from './aws-call.ts';
import type { BatchCall, SendMessages } from './batches.ts';

export interface Pause {
  readonly receiptHandle: string;
  /** 1 to 43,200. */
  readonly seconds: number;
}

export function createQueueClient(): SQSClient {
  return new SQSClient({
    // callInBatches retries, by the deadline of the invocation.
    maxAttempts: 1,
    // The queue's URL names the queue; the endpoint (`AWS_ENDPOINT_URL`) is where SQS is.
    useQueueUrlAsEndpoint: false,
    requestHandler: { httpAgent: { keepAlive: true }, httpsAgent: { keepAlive: true } },
  });
}

/**
 * Sends messages by `SendMessageBatch`.
 *
 * @param delaySeconds Time until a message can be received: 900 at most. @default - the queue's own delay
 */
export function createSendMessages(client: SQSClient, QueueUrl: string, delaySeconds?: number): SendMessages {
  return createBatchCall(client, (messages) => {
    const Entries = messages.map(({ body, madeFor }, place) => ({
      Id: String(place),
      MessageBody: body,
      ...(madeFor !== undefined && {
        MessageAttributes: { [madeForAttribute]: { DataType: 'String', StringValue: madeFor } },
      }),
      ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
    }));
    return new SendMessageBatchCommand({ QueueUrl, Entries });
  });
}

export function createChangeVisibility(client: SQSClient, QueueUrl: string): BatchCall<Pause> {
  return createBatchCall(client, (pauses) => {
    const Entries = pauses.map(({ receiptHandle, seconds }, place) => ({
      Id: String(place),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }));
    return new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries });
  });
}

function createBatchCall<Item>(
  client: SQSClient,
  createCommand: (items: readonly Item[]) => SendMessageBatchCommand | ChangeMessageVisibilityBatchCommand,
): BatchCall<Item> {
  return async (items, signal) => {
    const places = [...items.keys()];
    // The responses of both commands name the ids of what was taken and what failed.
    const command = createCommand(items) as SendMessageBatchCommand;
    const send = () => client.send(command, { abortSignal: signal });
    try {
      const { Successful = [], Failed = [] } = await callAws(command.middlewareStack, send, signal);
      // By the text: an empty id is no 0. An item that is in both lists was not taken.
      const failed = new Set(Failed.map(({ Id }) => Id));
      const successful = new Set(Successful.map(({ Id }) => Id).filter((id) => !failed.has(id)));
      const taken = places.filter((place) => successful.has(String(place)));
      const refused = new Set(Failed.flatMap(({ Id, SenderFault }) => (SenderFault ? [Id] : [])));
      const missing = items.length - taken.length;
      const [{ Code, Message } = { Code: 'Unknown', Message: 'neither taken nor refused' }] = Failed;
      return {
        kind: 'decided',
        taken,
        again: places.filter((place) => !successful.has(String(place)) && !refused.has(String(place))),
        ...(missing > 0 && {
          cause: new Error(`${missing} of ${items.length} messages: ${Code}: ${Message}`),
        }),
      };
    } catch (error) {
      const cause = toAwsCallError(error);
      return { kind: cause.kind, taken: [], again: cause.kind === 'fatal' ? [] : places, cause };
    }
  };
}
