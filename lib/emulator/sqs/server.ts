import { createHash, randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import type { LocalQueue } from './queue.ts';

/** Start of the `X-Amz-Target` of requests to SQS. */
export const sqsTargetPrefix = 'AmazonSQS.';

// Bounds of the API reference.
const delaySeconds = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(900)));
const visibilitySeconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(43_200));
const attribute = v.pipe(
  v.object({ DataType: v.string(), StringValue: v.optional(v.string()) }),
  v.transform(({ DataType, StringValue }) => ({ dataType: DataType, stringValue: StringValue })),
);
const message = {
  MessageBody: v.pipe(v.string(), v.minLength(1)),
  DelaySeconds: delaySeconds,
  MessageAttributes: v.optional(v.record(v.string(), attribute)),
};
const visibility = { ReceiptHandle: v.string(), VisibilityTimeout: visibilitySeconds };
const queueUrl = { QueueUrl: v.string() };

function entriesOf<Entries extends v.ObjectEntries>(entries: Entries) {
  const entry = v.object({ Id: v.string(), ...entries });
  return v.pipe(v.array(entry), v.minLength(1), v.maxLength(10));
}

const inputs = {
  SendMessage: v.object({ ...queueUrl, ...message }),
  SendMessageBatch: v.object({ ...queueUrl, Entries: entriesOf(message) }),
  ChangeMessageVisibility: v.object({ ...queueUrl, ...visibility }),
  ChangeMessageVisibilityBatch: v.object({ ...queueUrl, Entries: entriesOf(visibility) }),
} as const;

type Operation = keyof typeof inputs;
type Input<O extends Operation> = v.InferOutput<(typeof inputs)[O]>;

/** An SQS error; its name is the code. */
class SqsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const invalidReceipt = ['ReceiptHandleIsInvalid', 'The input receipt handle is invalid.'] as const;

/**
 * Responds as Amazon SQS does, in AWS JSON 1.0, to the operations of functions with event source mappings: send messages and
 * change their visibility. The mapping receives and deletes messages.
 *
 * @param queues The queues that exist; the last part of a queue's URL is its name.
 * @param refuses Called for each message that is sent, in order. @default - every message is accepted
 */
export function createSqsListener(
  queues: readonly LocalQueue[],
  refuses: () => boolean = () => false,
): RequestListener {
  const findQueue = (url: string): LocalQueue => {
    const queue = queues.find(({ settings }) => url.endsWith(`/${settings.queueName}`));
    if (queue === undefined) {
      throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return queue;
  };
  const handlers: { readonly [O in Operation]: (input: Input<O>, queue: LocalQueue) => object } = {
    SendMessage: (input, queue) => {
      if (refuses()) {
        throw new SqsError('RequestThrottled', 'Request is throttled.');
      }
      return sendTo(queue, input);
    },
    SendMessageBatch: ({ Entries }, queue) => {
      const refusals = Entries.map(() => refuses());
      const taken = Entries.filter((_entry, index) => !refusals[index]);
      const failed = Entries.filter((_entry, index) => refusals[index]);
      return {
        Successful: taken.map((entry) => ({ Id: entry.Id, ...sendTo(queue, entry) })),
        Failed: failed.map(({ Id }) => failure(Id, false, 'RequestThrottled', 'Request is throttled.')),
      };
    },
    ChangeMessageVisibility: ({ ReceiptHandle, VisibilityTimeout }, queue) => {
      if (!queue.changeVisibility(ReceiptHandle, VisibilityTimeout)) {
        throw new SqsError(...invalidReceipt);
      }
      return {};
    },
    ChangeMessageVisibilityBatch: ({ Entries }, queue) => {
      const found = Entries.map(({ ReceiptHandle, VisibilityTimeout }) =>
        queue.changeVisibility(ReceiptHandle, VisibilityTimeout),
      );
      const ids = Entries.map(({ Id }) => Id);
      return {
        Successful: ids.filter((_id, index) => found[index]).map((Id) => ({ Id })),
        Failed: ids.filter((_id, index) => !found[index]).map((Id) => failure(Id, true, ...invalidReceipt)),
      };
    },
  };

  const respondTo = (target: string, body: string): object => {
    const operation = (Object.keys(inputs) as Operation[]).find((name) => target === sqsTargetPrefix + name);
    if (operation === undefined) {
      throw new SqsError('UnsupportedOperation', `Only ${Object.keys(inputs).join(', ')} are supported.`);
    }
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), inputs[operation]), body);
    if (!parsed.success) {
      const messages = parsed.issues.map((issue: v.BaseIssue<unknown>) => issue.message);
      throw new SqsError('InvalidParameterValue', messages.join(', '));
    }
    // The operation decides the input's type, which TypeScript cannot follow through a variable.
    const handle = handlers[operation] as (input: unknown, queue: LocalQueue) => object;
    return handle(parsed.output, findQueue(parsed.output.QueueUrl));
  };

  return async (request, response) => {
    const respond = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() })
        .end(JSON.stringify(body));
    // A client that disconnected gets an error that it never reads.
    const body = await text(request).catch(() => '');
    try {
      respond(200, respondTo(String(request.headers['x-amz-target']), body));
    } catch (error) {
      const { name, message } = error as Error;
      respond(400, { __type: `com.amazonaws.sqs#${name}`, message });
    }
  };
}

function sendTo(queue: LocalQueue, entry: Input<'SendMessage'> | BatchEntry): object {
  const { MessageBody, DelaySeconds, MessageAttributes } = entry;
  return {
    MessageId: queue.send(MessageBody, DelaySeconds, MessageAttributes),
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  };
}

type BatchEntry = Input<'SendMessageBatch'>['Entries'][number];

function failure(id: string, isSenderFault: boolean, code: string, message: string): object {
  return { Id: id, SenderFault: isSenderFault, Code: code, Message: message };
}
