import { join } from 'node:path';
import { Size } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openEvents } from '../../lib/lake/local-database.ts';
import { namedQueries } from '../../lib/lake/named-queries.ts';
import { tableOf } from '../../lib/lake/table.ts';
import { templateOf as eventTemplateOf, examples } from '../lake/factories.ts';
import { createDirectory } from '../proof/directory.ts';
import { createStack, templateOf } from './synth.ts';

const lake = { lake: 'on' };

const bucket = { Ref: expect.stringMatching(/^ProducerStreamBucket/) };
const underBucket = (path: string) => ({ 'Fn::Join': ['', ['s3://', bucket, path]] });

interface GlueTable {
  readonly TableInput: {
    readonly PartitionKeys: readonly { readonly Name: string; readonly Type: string }[];
    readonly StorageDescriptor: {
      readonly Columns: readonly { readonly Name: string; readonly Type: string }[];
      readonly SerdeInfo: { readonly Parameters: Readonly<Record<string, string>> };
    };
  };
}

function glueTable(template: Template): GlueTable {
  const [table] = Object.values(template.findResources('AWS::Glue::Table'));
  return table!.Properties;
}

describe('the table', () => {
  it('is what the documentation of Athena and Glue asks for', () => {
    // Prepare
    vi.useFakeTimers({ now: Date.parse('2027-01-20T00:00:00Z'), toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());

    // Act
    const template = Template.fromStack(createStack(lake));

    // Assess
    expect(glueTable(template)).toEqual({
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseName: { Ref: expect.stringMatching(/^ProducerLakeDatabase/) },
      TableInput: {
        Name: 'events',
        Description: expect.any(String),
        TableType: 'EXTERNAL_TABLE',
        // The partition's type is string, also where it is projected as a date.
        PartitionKeys: [{ Name: 'datehour', Type: 'string', Comment: expect.any(String) }],
        Parameters: {
          EXTERNAL: 'TRUE',
          'projection.enabled': 'true',
          'projection.datehour.type': 'date',
          'projection.datehour.format': 'yyyy-MM-dd-HH',
          // In January there are objects of December.
          'projection.datehour.range': '2026-01-01-00,NOW',
          'projection.datehour.interval': '1',
          'projection.datehour.interval.unit': 'HOURS',
          'storage.location.template': underBucket(`/events/datehour=\${datehour}/`),
        },
        StorageDescriptor: {
          Columns: [
            { Name: 'line', Type: 'string' },
            { Name: 'id', Type: 'string' },
            { Name: 'value', Type: 'string' },
          ],
          Location: underBucket('/events/'),
          InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          Compressed: true,
          SerdeInfo: {
            SerializationLibrary: 'org.apache.hadoop.hive.serde2.RegexSerDe',
            Parameters: {
              'serialization.format': '1',
              'input.regex': String.raw`(\{"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})":"(test-[0-9]+-[0-9]+-[0-9]+ [0-9]+:[0-9]+:[0-9]+)"\})`,
            },
          },
        },
      },
    });
  });

  it.each([
    ['2026-11-29', '2026-01-01-00,NOW'],
    ['2027-02-15', '2027-01-01-00,NOW'],
  ])('deployed on %s begins with the year of the oldest object', (day, range) => {
    vi.useFakeTimers({ now: Date.parse(`${day}T00:00:00Z`), toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());

    Template.fromStack(createStack(lake)).hasResourceProperties('AWS::Glue::Table', {
      TableInput: { Parameters: { 'projection.datehour.range': range } },
    });
  });

  it.each([...examples.keys()])('of %s has the columns that npm run query has', async (file) => {
    // Prepare
    const { TableInput } = glueTable(templateOf({ ...lake, event: `docs/events/${file}` }));
    const { Columns, SerdeInfo } = TableInput.StorageDescriptor;
    const table = tableOf(examples.get(file)!);
    const key = 'events/datehour=2026-11-29-10/a';
    const directory = await createDirectory({ [key]: 'x\n' });
    const events = await openEvents(table, [join(directory, key)]);
    onTestFinished(() => events.close());

    // Act
    const { rows } = await events.query(
      "select column_name, data_type from information_schema.columns where table_name = 'events'",
    );

    // Assess
    const glueTypes: Readonly<Record<string, string>> = { varchar: 'string' };
    expect(
      rows.map(([name, type]) => [name, glueTypes[`${type}`.toLowerCase()] ?? `${type}`.toLowerCase()]),
    ).toEqual([...Columns, ...TableInput.PartitionKeys].map(({ Name, Type }) => [Name, Type]));
    expect(SerdeInfo.Parameters['input.regex']).toBe(table.pattern);
  });
});

describe('the workgroup', () => {
  it('runs engine 3, stops at 1 GiB, encrypts its results, and lets no client do otherwise', () => {
    templateOf(lake).hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'FirehoseEventProducer-Producer',
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        BytesScannedCutoffPerQuery: 1_073_741_824,
        EnforceWorkGroupConfiguration: true,
        ResultConfiguration: {
          EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
          ExpectedBucketOwner: { Ref: 'AWS::AccountId' },
          OutputLocation: {
            'Fn::Join': ['', ['s3://', { Ref: Match.stringLikeRegexp('^ProducerLakeResults') }, '/results/']],
          },
        },
      },
    });
  });

  it('cancels a query at lakeScanLimit', () => {
    const stack = createStack(lake, { lakeScanLimit: Size.gibibytes(10) });

    Template.fromStack(stack).hasResourceProperties('AWS::Athena::WorkGroup', {
      WorkGroupConfiguration: { BytesScannedCutoffPerQuery: 10 * 1_073_741_824 },
    });
  });

  it('has results that are private, TLS only, and gone after seven days', () => {
    // Act
    const template = templateOf(lake);

    // Assess
    const results = Object.keys(template.findResources('AWS::S3::Bucket')).find((id) =>
      id.includes('Results'),
    )!;
    expect(template.toJSON().Resources[results].Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 7, Status: 'Enabled' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: results },
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
  });

  it('has the named queries, each with what it answers and a filter by hour', () => {
    // Act
    const queries = Object.values(templateOf(lake).findResources('AWS::Athena::NamedQuery')).map(
      ({ Properties }) => Properties,
    );

    // Assess
    const expected = namedQueries(tableOf(eventTemplateOf()));
    expect(queries.map(({ Name, QueryString }) => [Name, QueryString]).sort()).toEqual(
      expected.map(({ name, sql }) => [name, sql]).sort(),
    );
    for (const { Description, QueryString, WorkGroup, Database } of queries) {
      expect(QueryString).toMatch(new RegExp(`^-- ${Description.replace('?', '\\?')}\n`));
      expect(QueryString).toContain('where datehour >= date_format(current_timestamp - interval');
      expect(WorkGroup).toEqual({ Ref: expect.stringMatching(/^ProducerLakeWorkGroup/) });
      expect(Database).toEqual({ Ref: expect.stringMatching(/^ProducerLakeDatabase/) });
    }
  });
});

describe('a stack that turns it on', () => {
  it.each(['ndjson', 'single', 'gzip'])('as %s keeps everything as it was, and has more', (recordFormat) => {
    // Act
    const before = templateOf({ recordFormat }).toJSON();
    const after = templateOf({ recordFormat, ...lake }).toJSON();

    // Assess
    for (const section of ['Resources', 'Outputs'] as const) {
      const kept = Object.keys(before[section]).map((name) => [name, after[section][name]]);
      expect(Object.fromEntries(kept)).toEqual(before[section]);
    }
    const added = Object.keys(after.Resources).filter((name) => !(name in before.Resources));
    expect(added.every((name) => name.startsWith('ProducerLake'))).toBe(true);
    expect(Object.keys(after.Outputs).filter((name) => !(name in before.Outputs))).toEqual([
      'QueryConsoleUrl',
      'QueryCommand',
    ]);
  });

  it('and off again has no trace of it', () => {
    const template = templateOf({ lake: 'off' }).toJSON();
    expect(template).toEqual(templateOf().toJSON());
    expect(JSON.stringify(template)).not.toMatch(/Glue|Athena/);
  });

  it('says where the queries are, and how one is started', () => {
    const { QueryConsoleUrl, QueryCommand } = templateOf(lake).toJSON().Outputs;

    expect(QueryConsoleUrl.Value['Fn::Join'][1].at(-1)).toBe(
      '#/workgroups/details/FirehoseEventProducer-Producer',
    );
    expect(QueryCommand.Value['Fn::Join'][1].at(-1)).toBe(
      ' --work-group FirehoseEventProducer-Producer --query-execution-context Database=firehoseeventproducer_producer ' +
        `--query-string "select count(*) as lines from events where datehour >= date_format(current_timestamp - interval '24' hour, '%Y-%m-%d-%H')"`,
    );
  });
});

describe('a lake', () => {
  it.each([
    [
      { lakeScanLimit: Size.mebibytes(1) },
      'FirehoseEventProducer/Producer: lakeScanLimit is 1048576 bytes: expected at least 10000000, for example Size.gibibytes(10)',
    ],
    [
      { eventTemplate: '{"id":"{{random.uuid}}","a b":1,"a_b":2}' },
      'FirehoseEventProducer/Producer: lake is on, but eventTemplate has no columns: the column a_b would be both the field a b ' +
        'and the field a_b: rename the field, or leave lake out',
    ],
    [
      { deliveryStreamName: 'my-stream' },
      'FirehoseEventProducer/Producer: lake is true, but deliveryStream is set: only the bucket of the created stream has a table',
    ],
  ])('is refused with %j, with a remedy', (props, message) => {
    expect(() => createStack({}, { lake: true, ...props })).toThrow(message);
  });
});
