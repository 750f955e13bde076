import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { prove } from '../../../lib/commands/prove/prove.ts';
import { createLines, createRun, eventTimeMs } from '../../proof/factories.ts';
import { makeReport } from '../start/factories.ts';

const producer = { DELIVERY_STREAM_NAME: 'my-stream', COUNT: '100', BUCKET_NAME: 'my-bucket' };
const defaultTemplate = readFileSync('docs/events/default.json', 'utf8');

/** Proves a run, in virtual time, of which the one object lands some seconds after the report. */
async function proveRun(environment: Record<string, string>, landsAfterSeconds: number) {
  let nowMs = eventTimeMs;
  const run = createRun();
  const body = Buffer.from(createLines(run).join(''));
  const { evidence } = await prove(
    { function: 'my-function', eventTemplate: defaultTemplate, exactlyOnce: false },
    {
      cloudFormation: {} as unknown as CloudFormationClient,
      firehose: { send: async () => expect.unreachable() },
      lambda: {
        send: async (command: unknown) => {
          if (!(command instanceof GetFunctionConfigurationCommand)) {
            return { Payload: Buffer.from(JSON.stringify(makeReport(run))) };
          }
          return { Environment: { Variables: environment } };
        },
      } as unknown as LambdaClient,
      sourceNamed: (name) => ({
        name,
        list: async function* () {
          if (nowMs >= eventTimeMs + landsAfterSeconds * 1_000) {
            yield { key: 'a', landedAtMs: nowMs, bytes: body.length };
          }
        },
        open: async () => Readable.from([body]),
      }),
      now: () => nowMs,
      sleep: async (durationMs) => {
        nowMs += durationMs;
      },
      onProgress: () => {},
      onStep: () => {},
      onReport: () => {},
    },
  );
  return evidence.proof.complete;
}

describe('prove', () => {
  it.each([
    ["Firehose's default buffering", { ...producer, PROOF_DELAY_SECONDS: '315' }, 310],
    ['the buffering of the stack', { ...producer, PROOF_DELAY_SECONDS: '75' }, 360],
    [
      'the longest buffering of dynamic partitioning',
      {
        ...producer,
        PROOF_DELAY_SECONDS: '900',
        PREFIX: '!{timestamp:yyyy/MM/dd/HH}/!{partitionKeyFromQuery:id}/',
      },
      1_340,
    ],
    ['the longest buffering, when the bucket has no prover', producer, 1_190],
  ])('waits for %s, and some more', async (_, environment, seconds) => {
    expect(await proveRun(environment, seconds)).toBe(true);
  });

  it("refuses too many events before it sends them, also if they are the stack's count", async () => {
    const environment = { ...producer, COUNT: String(2 ** 33) };
    await expect(proveRun(environment, 0)).rejects.toThrow('8,589,934,592 events are too many to verify');
  });

  it('does not wait for the longest buffering when it knows better', async () => {
    expect(await proveRun({ ...producer, PROOF_DELAY_SECONDS: '75' }, 390)).toBe(false);
  });
});
