import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { synthesize } from '../../../lib/commands/start/synth.ts';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import type { InvocationMessage, ResponseMessage } from '../../../lib/emulator/lambda/process.ts';
import { readProcessSource } from '../../../lib/emulator/lambda/process-source.ts';
import { functionEnvironment } from '../../../lib/emulator/lambda/runtime.ts';
import type { FunctionSettings } from '../../../lib/emulator/lambda/settings.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { lambdaCores } from '../../bench/cold-start.ts';
import { inTemporaryDirectory } from '../../bench/harness.ts';
import { limitByCgroup, limitCpu } from '../../bench/process-usage.ts';
import { atMost, type Section, show } from '../../bench/section.ts';
import { proverEnvironment } from '../factories.ts';
import { createCase, createEvent, type HostileCase } from './case.ts';
import { FakeAws } from './fake-aws.ts';
import { findViolations } from './oracle.ts';

const cases = 100;

/** Time to start the function, which Lambda does with a whole core. */
const startMs = 3_000;

/** Runs the deployed prover in the cases of the property test, in real time, with Lambda's share of a core. */
export async function measureHostile(onProgress: (line: string) => void): Promise<Section> {
  return inTemporaryDirectory(async (directory) => {
    await synthesize(directory, {});
    const { prover } = await readLocalStack(directory, defaultStackName);
    const verdicts: Record<string, number> = {};
    const [shares, peaksMiB, limits] = [[0], [0], new Set<string>()];
    let wrong = 0;
    for (let seed = 1; seed <= cases; seed += 1) {
      const hostile = await createCase(seed, { checkMs: Date.now() + startMs, isReal: true });
      const result = await runInProcess(hostile, prover!.function);
      shares.push(result.durationMs / hostile.timeMs);
      peaksMiB.push(result.peakMiB);
      limits.add(result.limit);
      for (const verdict of result.verdicts) {
        verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      }
      wrong += Number(result.violations.length > 0);
      const took = `${show(result.durationMs)} of ${show(hostile.timeMs)} ms, ${result.peakMiB} MiB`;
      onProgress(`case ${seed}: ${took} ${result.violations.join('; ')}`);
    }
    const [share, peakMiB] = [Math.max(...shares), Math.max(...peaksMiB)];
    return {
      table: [
        ['hostile cases', 'CPU limit', 'verdicts', 'longest, of its timeout', 'peak MiB'],
        [
          ...[show(cases), [...limits].join(), JSON.stringify(verdicts)],
          ...[`${show(share * 100, 1)} %`, show(peakMiB)],
        ],
      ],
      targets: [
        atMost('cases with a violation', 0, wrong),
        atMost('longest, of its timeout', 100, share * 100, 1, '%'),
        atMost('memory', 256, peakMiB, 0, 'MiB'),
      ],
    };
  });
}

async function runInProcess(hostile: HostileCase, settings: FunctionSettings) {
  const { environment, timeMs, checkMs, messages } = hostile;
  const aws = new FakeAws(hostile, Date.now);
  const server = await serve(aws);
  const variables = {
    ...settings.environment,
    ...proverEnvironment,
    PREFIX: environment.prefix,
    BUFFERING_SECONDS: String(environment.bufferingSeconds),
    SHARED: String(environment.isShared),
    MATCH: environment.match,
    ...(environment.prefixTimeZone && { PREFIX_TIME_ZONE: environment.prefixTimeZone }),
  };
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${Math.floor(settings.memoryMiB * 0.9)}`,
      '--input-type=module',
      '--eval',
      await readProcessSource(),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: functionEnvironment({ ...settings, environment: variables }, server.url),
    },
  );
  let log = '';
  for (const output of [child.stdout!, child.stderr!]) {
    output.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  await invoke(child, { Records: [] }, checkMs);
  await setTimeout(checkMs - Date.now());
  const endOfCgroup = limitByCgroup(child.pid!, lambdaCores);
  const endLimit = endOfCgroup ?? limitCpu(child, lambdaCores);
  const startedMs = Date.now();
  try {
    const response = await Promise.race([
      invoke(child, createEvent(hostile), startedMs + timeMs),
      setTimeout(timeMs + 1_000, undefined),
    ]);
    const durationMs = Date.now() - startedMs;
    const verdicts = verdictsIn(log);
    const { result, error, maxMemoryUsedMiB = Number.NaN } = (response ?? {}) as ResponseMessage;
    const all = { batchItemFailures: messages.map((_, place) => ({ itemIdentifier: `message-${place}` })) };
    const { batchItemFailures } = (result ?? all) as typeof all;
    const violations = findViolations(hostile, {
      kept: batchItemFailures.map(({ itemIdentifier }) => placeOf(itemIdentifier)),
      ...{ verdicts, letters: aws.letters, told: aws.told, reasons: [], corruptKeys: [], durationMs },
      ...(error && error.errorType !== 'ReadingError' && { error: new Error(error.errorMessage) }),
    });
    const limit = endOfCgroup ? 'cgroup' : 'SIGSTOP';
    return { violations, verdicts: [...verdicts.values()], durationMs, limit, peakMiB: maxMemoryUsedMiB };
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    endLimit();
    server.close();
  }
}

async function invoke(child: ChildProcess, payload: unknown, deadlineMs: number): Promise<ResponseMessage> {
  child.send({ payload, awsRequestId: randomUUID(), deadlineMs } satisfies InvocationMessage);
  const [response] = await once(child, 'message');
  return response;
}

const placeOf = (messageId: string) => Number(messageId.replace('message-', ''));

function verdictsIn(log: string): ReadonlyMap<number, string> {
  const lines = log.split('\n').filter((line) => line.includes('"verdict"'));
  return new Map(
    lines.map((line): [number, string] => {
      const { messageId, verdict } = JSON.parse(line);
      return [placeOf(messageId), verdict];
    }),
  );
}

/** The services of a case on loopback. */
async function serve(aws: FakeAws) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const url = new URL(request.url!, 'http://127.0.0.1');
    const { status, headers, body, end } = aws.respond({
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      action: String(request.headers['x-amz-target'] ?? ''),
      body: Buffer.concat(chunks).toString(),
    });
    if (end === undefined) {
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
    } else if (body.length > 0) {
      response.writeHead(status, { ...headers, 'content-length': body.length * 2 });
      response.write(body, () => end === 'breaks' && response.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
