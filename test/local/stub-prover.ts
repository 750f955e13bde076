import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLocalStack } from '../../lib/local/template.ts';
import { defaultStackName } from '../../lib/stack/outputs.ts';
import { temporaryDirectory } from './factories.ts';

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** The producer of the bundle, which leaves claims. */
const producer = `
  import { handler as produce } from './producer.mjs';
  const claim = ({ runId, from, to }, sentFromMs) => fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
    body: JSON.stringify({
      QueueUrl: process.env.PROOF_QUEUE_URL,
      DelaySeconds: Number(process.env.PROOF_DELAY_SECONDS),
      MessageBody: JSON.stringify({ runId, slices: [[from, to]], sentFromMs, sentToMs: Date.now() }),
    }),
  });
  export const handler = async (payload, context) => {
    const startedMs = Date.now();
    const result = await produce(payload, context);
    const slices = payload.Records ? payload.Records.map(({ body }) => JSON.parse(body)) : [result];
    for (const slice of slices) await claim(slice, startedMs);
    return result;
  };`;

/** A prover in a few lines: it reads the whole bucket. */
const prover = `
  import { createCipheriv, createHash } from 'node:crypto';
  import { gunzipSync } from 'node:zlib';
  const { env } = process;
  const sqs = (operation, input) => fetch(env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.' + operation },
    body: JSON.stringify(input),
  });
  const bucket = env.AWS_ENDPOINT_URL + '/' + env.BUCKET_NAME;
  const readBucket = async () => {
    const found = new Set();
    for (let token = ''; ; ) {
      const more = token && '&continuation-token=' + token;
      const xml = await (await fetch(bucket + '?list-type=2&max-keys=2' + more)).text();
      for (const [, key] of xml.matchAll(/<Key>(.*?)<\\/Key>/g)) {
        const bytes = Buffer.from(await (await fetch(bucket + '/' + key)).arrayBuffer());
        for (const line of gunzipSync(bytes).toString().split('\\n')) found.add(line.slice(2, 38));
      }
      token = /<NextContinuationToken>(.*?)</.exec(xml)?.[1] ?? '';
      if (!token) return found;
    }
  };
  const uuid = (key, index) => {
    const counter = Buffer.alloc(16);
    counter.writeBigUInt64BE(BigInt(index), 8);
    const block = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(counter);
    block[6] = (block[6] & 15) | 64;
    block[8] = (block[8] & 63) | 128;
    return block.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  };
  const missingOf = ({ runId, slices }, found) => {
    const name = env.DELIVERY_STREAM_NAME + '/' + runId;
    const key = createHash('sha256').update(name).digest().subarray(0, 16);
    const missing = [];
    for (const [from, to] of slices) {
      for (let index = from; index < to; index += 1) {
        if (found.has(uuid(key, index))) continue;
        if (missing.at(-1)?.to === index) missing.at(-1).to += 1;
        else missing.push({ runId, from: index, to: index + 1 });
      }
    }
    return missing;
  };
  const count = (slices) => slices.reduce((sum, { from, to }) => sum + to - from, 0);
  export const handler = async ({ Records }) => {
    const found = await readBucket();
    const batchItemFailures = [];
    for (const { messageId, receiptHandle, body } of Records) {
      const claim = JSON.parse(body);
      const missing = missingOf(claim, found);
      const expected = count(claim.slices.map(([from, to]) => ({ from, to })));
      const lostAfterMs = (Number(env.LOST_AFTER_HOURS) * 3_600_000) / Number(env.TIME_FACTOR);
      const isLost = missing.length > 0 && Date.now() - claim.sentToMs >= lostAfterMs;
      const message = missing.length === 0 ? 'claim proven' : isLost ? 'claim lost' : 'claim waiting';
      const counts = { expected, present: expected - count(missing), missing: count(missing) };
      console.log(JSON.stringify({ message, runId: claim.runId, ...counts }));
      if (isLost) {
        for (const payload of missing) {
          await sqs('SendMessage', { QueueUrl: env.DEAD_LETTER_QUEUE_URL, MessageBody: JSON.stringify(payload) });
        }
      } else if (missing.length > 0) {
        const VisibilityTimeout = Math.ceil(30 / Number(env.TIME_FACTOR));
        await sqs('ChangeMessageVisibility', { QueueUrl: env.PROOF_QUEUE_URL, ReceiptHandle: receiptHandle, VisibilityTimeout });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };`;

/**
 * A copy of an assembly that has a prover: its own, else a small one made here, and a producer that leaves claims.
 *
 * @param code The prover's code. @default - one that does its work
 */
export async function withProver(assemblyDirectory: string, code?: string): Promise<string> {
  const directory = join(temporaryDirectory(), 'assembly');
  cpSync(assemblyDirectory, directory, { recursive: true });
  const stack = await readLocalStack(directory, defaultStackName);
  if (stack.prover) {
    if (code !== undefined) {
      writeFileSync(join(stack.prover.function.assetDirectory, 'index.mjs'), code);
    }
    return directory;
  }
  const { assetDirectory } = stack.producer.function;
  renameSync(join(assetDirectory, 'index.mjs'), join(assetDirectory, 'producer.mjs'));
  writeFileSync(join(assetDirectory, 'index.mjs'), producer);
  mkdirSync(join(directory, 'asset.prover'));
  writeFileSync(join(directory, 'asset.prover', 'index.mjs'), code ?? prover);

  const path = join(directory, `${defaultStackName}.template.json`);
  const template = JSON.parse(readFileSync(path, 'utf8'));
  const { Outputs, Resources } = template;
  const proofQueue = 'ProducerProverProofQueue01234567';
  const deadLetterQueue = Outputs.DeadLetterQueueUrl.Value.Ref;
  const variables = Resources[Outputs.FunctionName.Value.Ref].Properties.Environment.Variables;
  Object.assign(variables, { PROOF_QUEUE_URL: { Ref: proofQueue }, PROOF_DELAY_SECONDS: '75' });
  Resources[proofQueue] = {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 360,
      RedrivePolicy: { maxReceiveCount: 1_000, deadLetterTargetArn: arnOf(deadLetterQueue) },
    },
  };
  Resources.ProverFunction = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Key: 'prover.zip' },
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 300,
      Environment: {
        Variables: {
          DELIVERY_STREAM_NAME: variables.DELIVERY_STREAM_NAME,
          BUCKET_NAME: Outputs.BucketName.Value,
          LOST_AFTER_HOURS: '25',
          PROOF_QUEUE_URL: { Ref: proofQueue },
          DEAD_LETTER_QUEUE_URL: { Ref: deadLetterQueue },
          TIME_FACTOR: '1',
        },
      },
    },
  };
  // Before the producer's, which must not take it for its own.
  template.Resources = {
    ProverMapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: { Ref: 'ProverFunction' },
        EventSourceArn: arnOf(proofQueue),
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: 5,
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    },
    ...Resources,
  };
  writeFileSync(path, JSON.stringify(template));
  return directory;
}
