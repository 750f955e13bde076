import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RecordFormat, recordFormats } from '../../lambda/contract/settings.ts';
import { quotas } from '../../lib/aws/quotas.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { coldStartCores } from './cold-start.ts';
import type { EndpointLikeAws } from './endpoint-process.ts';
import { Laboratory } from './laboratory.ts';
import { cpuMsOf } from './limit-cpu.ts';

/** What one invocation does with the cores of 512 MiB, over TLS, with responses after 20 to 40 ms. */
export interface AsInLambda {
  /** Share of a stream's 5 MiB a second that it uses. */
  readonly quotaShare: number;
  /** Share of the records that were over the quota. */
  readonly refusedShare: number;
  /** How many times 5 MiB a second it sends to a stream without a quota. */
  readonly quotasFilled: number;
}

const quota = 'us-east-1';
const latencyMs = [20, 40] as const;

/** About twenty seconds of work each: at the quota, and without one. */
const events: Readonly<Record<RecordFormat, readonly [atQuota: number, without: number]>> = {
  ndjson: [1_500_000, 8_000_000],
  single: [700_000, 700_000],
  gzip: [5_000_000, 15_000_000],
};

/** Measures each format as in Lambda; `undefined` where a process can't be throttled, or there is no openssl. */
export async function measureAsInLambda(
  directory: string,
  settings: FunctionSettings,
  onProgress: (line: string) => void,
): Promise<Readonly<Record<RecordFormat, AsInLambda>> | undefined> {
  const tls = await createCertificate(directory).catch(() => undefined);
  if (tls === undefined || cpuMsOf(process.pid) === undefined) {
    return undefined;
  }
  const measureAll = async (
    name: string,
    likeAws: EndpointLikeAws,
    eventsOf: (format: RecordFormat) => number,
  ) => {
    const laboratory = await Laboratory.open(join(directory, name), settings, likeAws);
    try {
      const figures = [];
      for (const format of recordFormats) {
        onProgress(`As in Lambda, ${name}: ${format}`);
        const { durationMs, received } = await laboratory.measure({
          module: 'shipped',
          workload: 'ours',
          events: eventsOf(format),
          warmUpEvents: 0,
          environment: { RECORD_FORMAT: format, NODE_EXTRA_CA_CERTS: tls.certificateFile },
          cores: coldStartCores,
        });
        const { dataBytes, records, recordsRefused } = received;
        const quotasFilled = dataBytes / (durationMs / 1_000) / quotas[quota].bytes;
        figures.push({ format, quotasFilled, refusedShare: recordsRefused / (records + recordsRefused) });
      }
      return figures;
    } finally {
      laboratory.close();
    }
  };
  const atQuota = await measureAll('at the quota', { tls, quota, latencyMs }, (format) => events[format][0]);
  const without = await measureAll('without a quota', { tls, latencyMs }, (format) => events[format][1]);
  return Object.fromEntries(
    atQuota.map(({ format, quotasFilled, refusedShare }, place) => [
      format,
      { quotaShare: quotasFilled, refusedShare, quotasFilled: without[place]!.quotasFilled },
    ]),
  ) as Record<RecordFormat, AsInLambda>;
}

/** A certificate for loopback that lasts a day. */
async function createCertificate(directory: string): Promise<EndpointLikeAws['tls']> {
  await mkdir(directory, { recursive: true });
  const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const options =
    '-x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=loopback -addext subjectAltName=IP:127.0.0.1';
  await promisify(execFile)('openssl', [
    'req',
    ...options.split(' '),
    '-keyout',
    keyFile,
    '-out',
    certificateFile,
  ]);
  return { keyFile, certificateFile };
}
