import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RecordFormat, recordFormats } from '../../lambda/contract/record-format.ts';
import { quotas } from '../../lib/aws/quotas.ts';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { lambdaCores } from './cold-start.ts';
import type { AwsConditions } from './endpoint-process.ts';
import { openLaboratory } from './harness.ts';
import { cpuMsOf } from './process-usage.ts';
import { atLeast, atMost, type Section, show } from './section.ts';

const quota = 'us-east-1';
const quotaMiB = quotas[quota].bytes / 1_024 ** 2;
const latencyMs = [20, 40] as const;

/** Events (about twenty seconds of work), and least throughput without a quota, as a multiple of the quota. */
const sizes: Readonly<Record<RecordFormat, { withQuota: number; withoutQuota: number; filled?: number }>> = {
  ndjson: { withQuota: 1_500_000, withoutQuota: 8_000_000, filled: 8 },
  single: { withQuota: 700_000, withoutQuota: 700_000 },
  gzip: { withQuota: 5_000_000, withoutQuota: 15_000_000, filled: 4 },
};

const heading = {
  title: 'As in Lambda',
  text: `One invocation, cold, with the 0.29 cores of 512 MiB, over TLS, with responses after 20 to 40 ms: on a stream with the quota of
us-east-1 (5 MiB a second, with a burst of one second), and on a stream without a quota. The process is limited to its share of a
core by stopping and continuing it (see below), not by a cgroup.`,
};

export async function measureAsInLambda(
  directory: string,
  settings: FunctionSettings,
  onProgress: (line: string) => void,
): Promise<Section> {
  const tls = await createCertificate(join(directory, 'tls')).catch(() => undefined);
  if (tls === undefined || cpuMsOf(process.pid) === undefined) {
    return { ...heading, table: [['as in Lambda'], ['not measured: needs Linux and openssl']], targets: [] };
  }
  const measureAll = async (size: 'withQuota' | 'withoutQuota', conditions: AwsConditions) => {
    const laboratory = await openLaboratory(directory, settings, conditions);
    try {
      const figures = [];
      for (const format of recordFormats) {
        onProgress(`As in Lambda, ${conditions.quota ? 'with' : 'without'} a quota: ${format}`);
        const { durationMs, received } = await laboratory.measure({
          module: 'functions',
          workload: 'ours',
          events: sizes[format][size],
          environment: { RECORD_FORMAT: format, NODE_EXTRA_CA_CERTS: tls.certificateFile },
          cores: lambdaCores,
        });
        const { dataBytes, records, recordsRefused } = received;
        const quotaShare = dataBytes / (durationMs / 1_000) / quotas[quota].bytes;
        figures.push({ quotaShare, refusedShare: recordsRefused / (records + recordsRefused) });
      }
      return figures;
    } finally {
      laboratory.close();
    }
  };
  const withQuota = await measureAll('withQuota', { tls, quota, latencyMs });
  const withoutQuota = await measureAll('withoutQuota', { tls, latencyMs });
  const figures = recordFormats.map((format, place) => {
    return { format, ...withQuota[place]!, quotasFilled: withoutQuota[place]!.quotaShare };
  });
  return {
    ...heading,
    table: [
      ['format', 'of 5 MiB/s', 'refused', 'without a quota', 'times 5 MiB/s'],
      ...figures.map(({ format, quotaShare, refusedShare, quotasFilled }) => [
        format,
        `${show(quotaShare * 100, 1)} %`,
        `${show(refusedShare * 100, 1)} %`,
        `${show(quotasFilled * quotaMiB, 1)} MiB/s`,
        show(quotasFilled, 1),
      ]),
    ],
    targets: figures.flatMap(({ format, quotaShare, refusedShare, quotasFilled }) => {
      const least = sizes[format].filled;
      return [
        atLeast(`as in Lambda, share of 5 MiB/s, ${format}`, 0.97, quotaShare, 3),
        atMost(`as in Lambda, refused of that, ${format}`, 2, refusedShare * 100, 1, '%'),
        ...(least ? [atLeast(`as in Lambda, times 5 MiB/s, ${format}`, least, quotasFilled, 1)] : []),
      ];
    }),
  };
}

async function createCertificate(directory: string): Promise<AwsConditions['tls']> {
  await mkdir(directory);
  const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const options =
    'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=loopback -addext subjectAltName=IP:127.0.0.1';
  const files = ['-keyout', keyFile, '-out', certificateFile];
  await promisify(execFile)('openssl', [...options.split(' '), ...files]);
  return { keyFile, certificateFile };
}
