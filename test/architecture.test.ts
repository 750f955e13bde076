import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

/**
 * Room or file: the rooms, files and packages that it may import, beside its own room and Node's modules. A file belongs to
 * the room with the longest name that its path starts with; a row for a file adds to the row of its room.
 */
const matrix = parse(`
bin: lib/commands lib/stack lib/terminal aws-cdk-lib cdk-nag commander
bin/cli.ts: package.json
lib/commands: lib/aws lib/cost lib/emulator lib/lake lib/proof lib/template lib/terminal lib/stack/outputs.ts
  lambda/contract lambda/template commander p-map valibot
lib/commands/preview.ts: lambda/producer/events
lib/commands/prove/prove.ts: @aws-sdk/client-cloudformation @aws-sdk/client-lambda
lib/commands/send/send.ts: @aws-sdk/client-cloudformation @aws-sdk/client-lambda
lib/commands/send/test-events.ts: @aws-sdk/client-schemas
lib/stack: lib/aws lib/lake lib/template lambda/contract lambda/template aws-cdk-lib constructs
lib/package: lib/aws lib/emulator lib/stack lib/template lib/terminal lambda/contract lambda/template
  package.json @microsoft/api-extractor aws-cdk-lib commander esbuild
lib/proof: lib/aws lib/template lib/terminal lib/stack/outputs.ts lib/stack/key-prefix.ts lambda/contract
  lambda/prover/objects lambda/prover/lines lambda/prover/comparison
  @aws-sdk/client-cloudformation @aws-sdk/client-firehose @aws-sdk/client-lambda @aws-sdk/client-schemas
  commander p-map valibot
lib/lake: lib/aws lib/template lib/terminal lambda/template @duckdb/node-api jsonc-parser
lib/cost: lib/aws lib/template lib/stack/monitoring/producer-alarms.ts lib/stack/monitoring/proof-alarms.ts
  lambda/contract lambda/template
lib/emulator: lib/aws lambda/contract/targets.ts esbuild hysnappy pure-rand valibot
lib/template: lambda/contract lambda/template lambda/prover/lines lambda/prover/comparison fastest-levenshtein
lib/terminal: lambda/contract commander valibot yocto-spinner
lib/aws: lambda/contract croner
lib/aws/proxy.ts: agent-base http-proxy-agent https-proxy-agent proxy-from-env

lambda/producer: lambda/producer/invocation lambda/producer/delivery lambda/producer/packing lambda/producer/events
  lambda/runtime lambda/template lambda/contract aws-lambda
lambda/producer/observer.ts: @aws-lambda-powertools/logger
lambda/producer/invocation: lambda/producer/delivery lambda/producer/packing lambda/runtime lambda/contract aws-lambda valibot
lambda/producer/delivery: lambda/producer/packing lambda/runtime lambda/contract
lambda/producer/function.ts: #target
lambda/producer/delivery/aws/put-records.ts: @smithy/types
lambda/producer/delivery/aws/firehose.ts: @aws-sdk/client-firehose
lambda/producer/delivery/aws/kinesis.ts: @aws-sdk/client-kinesis @smithy/node-http-handler
lambda/producer/events: lambda/producer/packing lambda/template lambda/contract
lambda/producer/packing: lambda/contract

lambda/prover: lambda/prover/claims lambda/prover/objects lambda/prover/lines lambda/prover/comparison
  lambda/runtime lambda/template lambda/contract aws-lambda
lambda/prover/observer.ts: @aws-lambda-powertools/logger
lambda/prover/claims: lambda/prover/objects lambda/prover/comparison lambda/runtime lambda/contract aws-lambda valibot
lambda/prover/objects: lambda/prover/comparison lambda/runtime lambda/contract p-map
lambda/prover/objects/snappy.ts: hysnappy
lambda/prover/objects/s3.ts: @aws-sdk/client-s3 @smithy/types
lambda/prover/lines: lambda/prover/comparison lambda/template lambda/contract
lambda/prover/comparison: lambda/contract

lambda/runtime: lambda/contract @aws-lambda-powertools/logger @aws-lambda-powertools/metrics aws-lambda p-map valibot
lambda/runtime/aws-call.ts: @smithy/core @smithy/types
lambda/runtime/credentials.ts: @aws-sdk/credential-provider-env @aws-sdk/credential-provider-http @smithy/core
lambda/runtime/http-handler.ts: #node-http-handler
lambda/runtime/sqs.ts: @aws-sdk/client-sqs
lambda/template: lambda/contract
lambda/template/word-functions.ts: @faker-js/faker
lambda/contract: valibot
`);

const rooms = [...matrix.keys()].filter((name) => !name.endsWith('.ts'));

const files = ['bin', 'lib', 'lambda'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(top, name)),
);

it.each(files)('%s imports what its room may', (file) => {
  const room = longestPrefix(file, rooms)!;
  const allowed = [room, ...matrix.get(room)!, ...(matrix.get(file) ?? [])];
  const isAllowed = (name: string) =>
    name.startsWith('node:') ||
    allowed.includes(name) ||
    allowed.includes(longestPrefix(name, rooms) ?? longestPrefix(name, allowed)!);
  expect(importsOf(file).filter((name) => !isAllowed(name))).toEqual([]);
});

it.each([...new Set(files.map(dirname))])('%s has at most 14 files of its own', (folder) => {
  expect(files.filter((file) => dirname(file) === folder).length).toBeLessThanOrEqual(14);
});

function parse(table: string): ReadonlyMap<string, readonly string[]> {
  const rows = table.replaceAll('\n  ', ' ').split('\n').filter(Boolean);
  return new Map(rows.map((row) => [row.split(': ')[0]!, row.split(': ')[1]!.split(' ')]));
}

function importsOf(file: string): string[] {
  const pattern = /^(?:import|export) (?:[^;'"]* from )?'([^']+)'|\bimport\(\s*['"]([^'"]+)/gm;
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, from, loaded]) => {
    const name = (from ?? loaded)!;
    return name.startsWith('.') ? join(dirname(file), name) : name;
  });
}

function longestPrefix(path: string, names: readonly string[]): string | undefined {
  const prefixes = names.filter((name) => path === name || path.startsWith(`${name}/`));
  return prefixes.sort((a, b) => b.length - a.length)[0];
}
