import { mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LambdaPool } from '../../../lib/emulator/lambda/pool.ts';

/** A pool of a function with this body. */
function makePool({ body = '', memoryMiB = 128, timeoutMs = 30_000, before = '' }) {
  const assetDirectory = mkdtempSync(join(tmpdir(), 'function-'));
  writeFileSync(
    join(assetDirectory, 'index.mjs'),
    `${before}\nexport const handler = async (payload) => {${body}};`,
  );
  const settings = {
    functionName: 'f',
    assetDirectory,
    handler: 'index.handler',
    environment: {},
    memoryMiB,
    timeoutMs,
  };
  const logFile = openSync(join(assetDirectory, 'function.log'), 'w');
  const pool = new LambdaPool(settings, { endpointUrl: 'http://127.0.0.1:1', logFile });
  onTestFinished(() => pool.stop());
  return pool;
}

const forever = 'await new Promise((resolve) => setInterval(resolve, 1e9, 0))';

describe('a function that misbehaves', () => {
  it.each<[string, Parameters<typeof makePool>[0], string]>([
    ['exits', { body: 'process.exit(0)' }, 'Runtime.ExitError'],
    ['exits while it loads', { before: 'process.exit(3)' }, 'Runtime.ExitError'],
    ['is killed', { body: `process.kill(process.pid, 'SIGKILL'); ${forever}` }, 'Runtime.ExitError'],
    ['aborts', { body: 'process.abort()' }, 'Runtime.ExitError'],
    [
      'throws in a timer',
      { body: `setTimeout(() => { throw new Error('x') }, 0); ${forever}` },
      'Runtime.ExitError',
    ],
    ['leaves a rejection', { body: `Promise.reject(new Error('x')); ${forever}` }, 'Runtime.ExitError'],
    ['throws', { body: "throw new TypeError('x')" }, 'TypeError'],
    ['throws nothing', { body: 'throw undefined' }, 'Runtime.ExitError'],
    ['returns what is not JSON', { body: 'return 1n' }, 'Runtime.ExitError'],
    ['closes its channel', { body: `process.disconnect(); ${forever}` }, 'Runtime.ExitError'],
    [
      'closes its channel, and goes on',
      {
        body: `process.removeAllListeners('disconnect'); process.disconnect(); ${forever}`,
        timeoutMs: 1_000,
      },
      'Sandbox.Timedout',
    ],
    [
      'runs out of memory',
      { body: 'const all = []; for (;;) all.push([all])', memoryMiB: 20 },
      'Runtime.ExitError',
    ],
    ['never responds', { body: forever, timeoutMs: 1_000 }, 'Sandbox.Timedout'],
    ['loops', { body: 'for (;;);', timeoutMs: 1_000 }, 'Sandbox.Timedout'],
    ['never loads', { before: forever, timeoutMs: 1_000 }, 'Sandbox.Timedout'],
    ['is stopped', { body: "process.kill(process.pid, 'SIGSTOP')", timeoutMs: 1_000 }, 'Sandbox.Timedout'],
  ])('and %s ends its invocation', async (_how, options, errorType) => {
    // Act
    const { error } = await makePool(options).invoke({});

    // Assess
    expect(error?.errorType).toBe(errorType);
  });

  it.each([
    ['ends', 'process.exit()'],
    ['is killed', "process.kill(process.pid, 'SIGKILL')"],
    ['closes its channel', "process.removeAllListeners('disconnect'); process.disconnect()"],
  ])('and %s after its response is replaced', async (_how, end) => {
    // Prepare
    const pool = makePool({ body: `setTimeout(() => { ${end} }, payload.afterMs); return process.pid` });

    // Act: the second one perhaps ends while it is invoked
    const first = await pool.invoke({ afterMs: 0 });
    const second = await pool.invoke({ afterMs: 1_000 });
    await setTimeout(200);
    const third = await pool.invoke({ afterMs: 1_000 });

    // Assess
    expect(first.result).toBeTypeOf('number');
    expect(second.result ?? second.error?.errorType).toBeDefined();
    expect(third.result).toBeTypeOf('number');
    expect(third.result).not.toBe(first.result);
  });

  it('and closes its standard output still responds', async () => {
    const pool = makePool({ body: "(await import('node:fs')).closeSync(1); console.log('x'); return 1" });
    expect(await pool.invoke({})).toMatchObject({ result: 1 });
  });

  it('and ignores SIGTERM is stopped all the same', async () => {
    // Prepare
    const pool = makePool({ before: "process.on('SIGTERM', () => {});", body: 'return process.pid' });
    const { result } = await pool.invoke({});

    // Act
    await pool.stop();

    // Assess
    expect(() => process.kill(result as number, 0)).toThrow('ESRCH');
  });

  it('and cannot be started ends its invocation', async () => {
    // Prepare
    const { execPath } = process;
    onTestFinished(() => {
      process.execPath = execPath;
    });
    process.execPath = '/nonexistent/node';

    // Act
    const pool = makePool({ body: 'return 1' });
    const { error } = await pool.invoke({});
    await pool.stop();

    // Assess
    expect(error?.errorType).toBe('Runtime.ExitError');
  });
});
