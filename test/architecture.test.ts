import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** Room → the rooms that its files may import, beside their own. The room of a file is the longest name its path starts with. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  bin: ['lib/commands', 'lib/stack', 'lib/terminal'],
  'lib/commands': [
    'lib/stack/outputs.ts',
    'lib/aws',
    'lib/cost',
    'lib/emulator',
    'lib/lake',
    'lib/proof',
    'lib/template',
    'lib/terminal',
    ...contractOf(),
  ],
  'lib/stack': ['lib/aws', 'lib/lake', 'lib/template', ...contractOf()],
  'lib/package': ['lib/aws', 'lib/emulator', 'lib/stack', 'lib/template', 'lib/terminal', ...contractOf()],
  'lib/proof': ['lib/template', 'lib/terminal', 'lib/stack/outputs.ts', 'lambda/contract', ...proverRooms()],
  'lib/lake': ['lib/aws', 'lib/template', 'lib/terminal', 'lambda/template'],
  'lib/cost': [
    'lib/aws',
    'lib/template',
    'lib/stack/monitoring/producer-alarms.ts',
    'lib/stack/monitoring/proof-alarms.ts',
    ...contractOf(),
  ],
  'lib/emulator': ['lib/aws', 'lambda/contract/firehose-limits.ts'],
  'lib/template': contractOf(),
  'lib/terminal': ['lambda/contract'],
  'lib/aws': ['lambda/contract'],
  'lambda/producer': [
    'lambda/producer/invocation',
    'lambda/producer/delivery',
    'lambda/producer/packing',
    'lambda/producer/events',
    'lambda/runtime',
    ...contractOf(),
  ],
  'lambda/producer/invocation': [
    'lambda/producer/delivery',
    'lambda/producer/packing',
    'lambda/runtime',
    ...contractOf(),
  ],
  'lambda/producer/delivery': ['lambda/producer/packing', 'lambda/runtime', 'lambda/contract'],
  'lambda/producer/events': ['lambda/producer/packing', ...contractOf()],
  'lambda/producer/packing': ['lambda/contract'],
  'lambda/prover': [
    'lambda/prover/claims',
    'lambda/prover/objects',
    'lambda/prover/lines',
    'lambda/prover/comparison',
    'lambda/runtime',
    ...contractOf(),
  ],
  'lambda/prover/claims': [
    'lambda/prover/objects',
    'lambda/prover/comparison',
    'lambda/runtime',
    'lambda/contract',
  ],
  'lambda/prover/objects': ['lambda/prover/comparison', 'lambda/runtime', 'lambda/contract'],
  'lambda/prover/lines': ['lambda/prover/comparison', ...contractOf()],
  'lambda/prover/comparison': ['lambda/contract'],
  'lambda/runtime': ['lambda/contract'],
  'lambda/template': ['lambda/contract'],
  'lambda/contract': [],
};

/** Room → the packages that its files may import, beside Node's own. Where a room is not named, those of the room around it count. */
const packages: Readonly<Record<string, readonly string[]>> = {
  bin: ['aws-cdk-lib', 'cdk-nag', 'commander'],
  'lib/commands': ['commander', 'p-map', 'valibot'],
  'lib/stack': ['aws-cdk-lib', 'constructs'],
  'lib/package': ['@microsoft/api-extractor', 'aws-cdk-lib', 'commander', 'esbuild'],
  'lib/proof': ['@aws-sdk/client-cloudformation', '@aws-sdk/client-lambda', 'commander', 'p-map', 'valibot'],
  'lib/lake': ['@duckdb/node-api', 'jsonc-parser'],
  'lib/emulator': ['esbuild', 'pure-rand', 'valibot'],
  'lib/template': ['fastest-levenshtein', 'jsonc-parser'],
  'lib/terminal': ['commander', 'valibot', 'yocto-spinner'],
  'lib/aws': ['croner'],
  lambda: [
    '@aws-lambda-powertools/logger',
    '@aws-lambda-powertools/metrics',
    'aws-lambda',
    'p-map',
    'valibot',
  ],
  'lambda/template': [],
};

/** File → what it may import beyond its room. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'bin/cli.ts': ['package.json'],
  'lambda/producer/delivery/aws/firehose.ts': ['@aws-sdk/client-firehose'],
  'lambda/runtime/sqs.ts': ['@aws-sdk/client-sqs'],
  'lambda/runtime/aws-call.ts': ['@smithy/core', '@smithy/types'],
  'lambda/runtime/credentials.ts': [
    '@aws-sdk/credential-provider-env',
    '@aws-sdk/credential-provider-http',
    '@smithy/core',
  ],
  'lib/commands/prove/prove.ts': ['@aws-sdk/client-cloudformation', '@aws-sdk/client-lambda'],
  'lib/commands/send/send.ts': ['@aws-sdk/client-cloudformation', '@aws-sdk/client-lambda'],
  'lambda/prover/objects/s3.ts': ['@aws-sdk/client-s3'],
  'lambda/template/word-functions.ts': ['@faker-js/faker'],
  'lib/commands/preview.ts': ['lambda/producer/events'],
};

function proverRooms() {
  return ['lambda/prover/objects', 'lambda/prover/lines', 'lambda/prover/comparison'];
}

function contractOf() {
  return ['lambda/contract', 'lambda/template'];
}

const files = ['bin', 'lib', 'lambda'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(top, name)),
);

const importPattern = /^(?:import|export)\b[^;]*? from '([^']+)'|\bimport\(\s*'([^']+)'/gm;

function longestPrefix(path: string, names: readonly string[]): string | undefined {
  return names
    .filter((name) => path === name || path.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
}

test.each(files)('%s imports what its room may', (file) => {
  const room = longestPrefix(file, Object.keys(rooms));
  const allowed = [
    room!,
    ...(rooms[room!] ?? []),
    ...(packages[longestPrefix(file, Object.keys(packages))!] ?? []),
    ...(exceptions[file] ?? []),
  ];

  const imported = [...readFileSync(file, 'utf8').matchAll(importPattern)].map(([, from, called]) => {
    const name = (from ?? called)!;
    return name.startsWith('.') ? join(dirname(file), name) : name;
  });

  const forbidden = imported.filter((name) => {
    if (name.startsWith('node:')) {
      return false;
    }
    const place = longestPrefix(name, Object.keys(rooms)) ?? longestPrefix(name, allowed);
    return !allowed.includes(name) && (place === undefined || !allowed.includes(place));
  });
  expect(forbidden, `${room} may import ${allowed.join(', ')}`).toEqual([]);
});
