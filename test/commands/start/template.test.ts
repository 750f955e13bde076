import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLocalStack } from '../../../lib/commands/start/template.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { temporaryDirectory } from './factories.ts';
import { assemblyDirectory } from './local-run.ts';

/** Reads a stack whose delivery stream reads a Kinesis stream with these properties. */
async function readWith(properties: object) {
  const directory = join(temporaryDirectory(), 'assembly');
  cpSync(assemblyDirectory, directory, { recursive: true });
  const path = join(directory, `${defaultStackName}.template.json`);
  const template = JSON.parse(readFileSync(path, 'utf8'));
  const { Ref } = template.Outputs.DeliveryStreamName.Value;
  template.Resources.Source1234ABCD = { Type: 'AWS::Kinesis::Stream', Properties: properties };
  template.Resources[Ref].Properties.KinesisStreamSourceConfiguration = {
    KinesisStreamARN: { 'Fn::GetAtt': ['Source1234ABCD', 'Arn'] },
    RoleARN: { 'Fn::GetAtt': ['Role', 'Arn'] },
  };
  writeFileSync(path, JSON.stringify(template));
  return readLocalStack(directory, defaultStackName);
}

describe('the Kinesis stream of a stack', () => {
  it.each([
    [{ ShardCount: 3 }, 3],
    [{ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }, 4],
  ])('that has %j has %i shards here', async (properties, shards) => {
    const { kinesisStream } = await readWith(properties);
    expect(kinesisStream).toEqual({ streamName: `${defaultStackName}-Source`, shards });
  });

  it('is missing if the delivery stream reads none', async () => {
    expect(await readLocalStack(assemblyDirectory, defaultStackName)).not.toHaveProperty('kinesisStream');
  });
});
