import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEndpoint } from '../../lib/emulator/endpoint.ts';
import { makeDirectory, makeSettings } from './firehose/factories.ts';

async function start() {
  const aws = await startEndpoint({ deliveryStream: makeSettings(), outputDirectory: makeDirectory() });
  onTestFinished(() => aws.stop());
  return aws;
}

describe('the local endpoint', () => {
  // A page whose name was made to resolve to 127.0.0.1 (DNS rebinding) sends its own name.
  it.each([
    ['attacker.example', 403],
    ['attacker.example:80', 403],
    ['localhost.attacker.example', 403],
    ['127.0.0.1.attacker.example', 403],
    ['127.0.0.1:4573', 200],
    ['localhost', 200],
    ['LOCALHOST:4573', 200],
    ['[::1]:4573', 200],
  ])('called as Host %j responds with %i', async (host, status) => {
    // Prepare
    const { endpointUrl } = await start();

    // Act
    const [got, body] = await new Promise<[number | undefined, string]>((resolve, reject) =>
      get(endpointUrl, { headers: { host } }, async (response) =>
        resolve([response.statusCode, await text(response)]),
      ).on('error', reject),
    );

    // Assess
    expect(got).toBe(status);
    expect(body).toContain(
      status === 200 ? '<ListAllMyBucketsResult' : `Host is ${JSON.stringify(host)}: expected `,
    );
  });

  it('leaves writes to S3, which refuses them', async () => {
    // Prepare
    const { endpointUrl: endpoint } = await start();
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
    onTestFinished(() => client.destroy());

    // Act
    const put = client.send(
      new PutObjectCommand({ Bucket: 'my-bucket', Key: 'a', Body: 'b'.repeat(1_000_000) }),
    );

    // Assess
    await expect(put).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});
