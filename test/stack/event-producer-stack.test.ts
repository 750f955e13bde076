import { readFileSync } from 'node:fs';
import { Duration, RemovalPolicy, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { describe, expect, it } from 'vitest';
import { shareOf } from '../property-runs.ts';
import { createStack, synthOf, templateOf } from './synth.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
}

interface PolicyDocument {
  readonly Statement: Statement[];
}

interface Resource {
  readonly Properties?: {
    readonly PolicyDocument?: PolicyDocument;
    readonly AssumeRolePolicyDocument?: PolicyDocument;
    readonly Policies?: { readonly PolicyDocument: PolicyDocument }[];
  };
}

const variants = [
  {},
  { recordFormat: 'gzip' },
  { recordFormat: 'single', count: '5000', schedule: 'cron(0 12 * * ? *)', timeZone: 'Europe/Berlin' },
  { deliveryStreamName: 'my-stream' },
  { schedule: 'off' },
  { removalPolicy: 'destroy' },
  { alarmEmail: 'you@example.com' },
  { monitoring: 'off' },
  { monitoring: 'full' },
  { proof: 'off' },
  { lake: 'on', eventTemplate: 'docs/events/iot-sensor.json' },
  { deliveryStreamName: 'my-stream', bucketName: 'my-bucket' },
  { deliveryStreamName: 'my-stream', bucketName: 'my-bucket', prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/' },
];

/** The role whose id contains a text. */
function roleOf(template: Template, id: string): NonNullable<Resource['Properties']> {
  const roles: Record<string, Resource> = template.findResources('AWS::IAM::Role');
  return Object.entries(roles).find(([key]) => key.includes(id))![1].Properties!;
}

const arnOf = (id: string) => ({ 'Fn::GetAtt': [expect.stringContaining(id), 'Arn'] });

/** Every statement of the roles that the template defines, but for the CDK's own helper that empties a bucket. */
function statementsOf(template: ReturnType<typeof templateOf>): Statement[] {
  const resources: Record<string, Resource> = template.toJSON().Resources;
  return Object.entries(resources)
    .filter(([id]) => !id.startsWith('CustomS3AutoDelete'))
    .flatMap(([, { Properties }]) => [
      Properties?.PolicyDocument,
      ...(Properties?.Policies ?? []).map(({ PolicyDocument }) => PolicyDocument),
    ])
    .flatMap((document) => document?.Statement ?? [])
    .filter(({ Effect }) => Effect === 'Allow');
}

describe.each(shareOf(variants))('the stack with context %j', (context) => {
  it('allows nothing on every resource and no action by wildcard alone', () => {
    // Act
    const statements = statementsOf(templateOf(context));

    // Assess
    expect(statements.length).toBeGreaterThan(1);
    for (const { Action, Resource } of statements) {
      expect([Action].flat()).not.toContain('*');
      expect([Resource].flat()).not.toContain('*');
    }
  });

  it('needs no account, no region and no look-up to synthesize', () => {
    const template = JSON.stringify(templateOf(context).toJSON());
    expect(template).not.toMatch(/"Type":"AWS::CDK::Metadata"|"Mappings"|\b\d{12}\b/);
    expect(Stage.of(synthOf(context).stack)!.synth().manifest.missing ?? []).toEqual([]);
  });
});

describe('the bucket', () => {
  it('is private, TLS only, encrypted, and its objects expire', () => {
    // Act
    const template = templateOf();

    // Assess
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 30, Status: 'Enabled' })] },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });

  it.each([
    [{}, 'Retain', 0],
    [{ removalPolicy: 'destroy' }, 'Delete', 1],
  ])('of a destroyed stack with context %j meets %s, and so does its policy', (context, policy, emptied) => {
    const template = templateOf(context);
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: policy });
    template.hasResource('AWS::S3::BucketPolicy', { DeletionPolicy: policy });
    template.resourceCountIs('Custom::S3AutoDeleteObjects', emptied);
  });

  it('is emptied only after the stream that fills it is gone', () => {
    templateOf({ removalPolicy: 'destroy' }).hasResource('AWS::KinesisFirehose::DeliveryStream', {
      DependsOn: Match.arrayWith([
        Match.stringLikeRegexp('BucketAutoDeleteObjectsCustomResource'),
        Match.stringLikeRegexp('BucketPolicy'),
      ]),
    });
  });
});

describe('the delivery stream', () => {
  const time = 'datehour=!{timestamp:yyyy-MM-dd-HH}/';

  it('is Direct PUT, encrypted, buffers 60 s, names objects by time and errors by type, and logs them', () => {
    templateOf().hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: {
        CompressionFormat: 'GZIP',
        FileExtension: Match.absent(),
        BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 64 },
        Prefix: `events/${time}`,
        ErrorOutputPrefix: `errors/!{firehose:error-output-type}/${time}`,
        CloudWatchLoggingOptions: { Enabled: true },
      },
    });
  });

  it('compresses nothing but names its objects .gz when the records are gzip', () => {
    const template = templateOf({ recordFormat: 'gzip' });
    template.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      ExtendedS3DestinationConfiguration: { CompressionFormat: 'UNCOMPRESSED', FileExtension: '.gz' },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { RECORD_FORMAT: 'gzip' } },
    });
  });

  it('may be one that exists already', () => {
    const template = templateOf({ deliveryStreamName: 'my-stream' });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DELIVERY_STREAM_NAME: 'my-stream' } },
    });
    expect(JSON.stringify(statementsOf(template))).toContain(':deliverystream/my-stream');
  });

  it('may write to its bucket and its log, and nothing else', () => {
    // Act
    const role = roleOf(templateOf(), 'DeliveryRole');

    // Assess
    expect(role.AssumeRolePolicyDocument?.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'firehose.amazonaws.com' },
        Condition: { StringEqualsIfExists: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    expect(role.Policies?.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: arnOf('Bucket'),
      },
      {
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        Resource: { 'Fn::Join': ['', [arnOf('Bucket'), '/*']] },
      },
      { Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: arnOf('DeliveryErrors') },
    ]);
  });

  it('and the functions keep their logs for a month', () => {
    const groups = Object.values(templateOf().findResources('AWS::Logs::LogGroup'));
    expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual([30, 30, 30]);
  });
});

describe('the function', () => {
  it('runs on Node 24 and arm64 with 512 MiB and five minutes', () => {
    templateOf().hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Timeout: 300,
      Handler: 'index.handler',
      LoggingConfig: { LogGroup: Match.anyValue() },
      Environment: {
        Variables: {
          RECORD_FORMAT: 'ndjson',
          COUNT: '100',
          MAX_COUNT: '1000000000',
          EVENTS_PER_SLICE: '1000000',
          EVENTS_PER_SECOND: Match.absent(),
          WORK_QUEUE_URL: { Ref: Match.stringLikeRegexp('WorkQueue') },
          PREFIX: 'events/datehour=!{timestamp:yyyy-MM-dd-HH}/',
          CONCURRENCY: '8',
          MAX_REQUEST_BYTES: '4000000',
          MAX_ATTEMPTS: '20',
          POWERTOOLS_SERVICE_NAME: 'firehose-event-producer',
          NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1',
        },
      },
    });
  });

  it('describes payloads beside the Test button, within the 256 characters that Lambda shows', () => {
    // Act
    const [description] = Object.values(
      templateOf({ count: '1000000000' }).findResources('AWS::Lambda::Function'),
    ).map(({ Properties }) => Properties.Description as string);

    // Assess
    expect(description).toContain('{"count": 5000}');
    expect(description!.length).toBeLessThanOrEqual(256);
  });

  it('may put record batches into its stream, use its queues and write its own log, and nothing else', () => {
    // Act
    const policies = Object.entries(templateOf().findResources('AWS::IAM::Policy'));
    const [[, policy] = ['', { Properties: {} }]] = policies.filter(([id]) => id.includes('FunctionRole'));

    // Assess
    expect(policy.Properties.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arnOf('FunctionLogs'),
      },
      {
        Effect: 'Allow',
        Action: 'firehose:PutRecordBatch',
        Resource: arnOf('DeliveryStream'),
      },
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: [arnOf('DeadLetterQueue'), arnOf('ProofQueue'), arnOf('WorkQueue')],
      },
      {
        Effect: 'Allow',
        Action: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:ReceiveMessage',
        ],
        Resource: arnOf('WorkQueue'),
      },
    ]);
    expect(JSON.stringify(templateOf().toJSON())).not.toContain('ManagedPolicyArns');
  });

  it('leaves asynchronous invocations that failed three times to the dead-letter queue', () => {
    templateOf().hasResourceProperties('AWS::Lambda::Function', {
      DeadLetterConfig: {
        TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetterQueue'), 'Arn'] },
      },
    });
  });
});

describe('the queues', () => {
  it('are encrypted and TLS only, with or without a schedule', () => {
    for (const template of [templateOf(), templateOf({ schedule: 'off' })]) {
      template.resourceCountIs('AWS::SQS::Queue', 3);
      template.resourceCountIs('AWS::SQS::QueuePolicy', 3);
      template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
      template.allResourcesProperties('AWS::SQS::QueuePolicy', {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: 'sqs:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ]),
        },
      });
    }
  });

  it.each([
    [{}, 300],
    [{ timeout: '10' }, 10],
  ])(
    'with context %j hide a message for six times the timeout of %i s, at most five times',
    (context, timeout) => {
      // Act
      const template = templateOf(context);

      // Assess
      template.hasResourceProperties('AWS::Lambda::Function', { Timeout: timeout });
      template.hasResourceProperties('AWS::SQS::Queue', {
        VisibilityTimeout: 6 * timeout,
        RedrivePolicy: {
          maxReceiveCount: 5,
          deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetterQueue'), 'Arn'] },
        },
      });
    },
  );

  it('keep dead letters longer than slices: a message that moves there keeps its age', () => {
    // Act
    const queues = Object.entries(templateOf().findResources('AWS::SQS::Queue'));

    // Assess
    const daysOf = (id: string) => {
      const [, { Properties }] = queues.find(([key]) => key.includes(id))!;
      return Properties.MessageRetentionPeriod / (24 * 60 * 60);
    };
    expect({ slices: daysOf('WorkQueue'), deadLetters: daysOf('DeadLetterQueue') }).toEqual({
      slices: 4,
      deadLetters: 14,
    });
  });

  it('are processed by the function, two invocations side by side, which name the messages that failed', () => {
    templateOf().hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('WorkQueue'), 'Arn'] },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });
});

describe('the schedule', () => {
  it('runs every five minutes, each run named after the producer and the scheduled time, and dead letters for what it cannot deliver', () => {
    templateOf().hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Input: '{"count":100,"runId":"FirehoseEventProducer/Producer/<aws.scheduler.scheduled-time>"}',
        DeadLetterConfig: { Arn: Match.anyValue() },
      },
    });
  });

  it.each([
    [{ count: '5000' }, 'rate(5 minutes)', 'Etc/UTC', 5_000],
    [
      { schedule: 'cron(0 12 * * ? *)', timeZone: 'Europe/Berlin' },
      'cron(0 12 * * ? *)',
      'Europe/Berlin',
      100,
    ],
    [{ timeZone: 'Asia/Tokyo' }, 'rate(5 minutes)', 'Asia/Tokyo', 100],
  ])('follows the context %j', (context, expression, timeZone, count) => {
    templateOf(context).hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timeZone,
      Target: {
        Input: `{"count":${count},"runId":"FirehoseEventProducer/Producer/<aws.scheduler.scheduled-time>"}`,
      },
    });
  });

  it('is left out with schedule=off', () => {
    templateOf({ schedule: 'off' }).resourceCountIs('AWS::Scheduler::Schedule', 0);
  });

  it('may invoke the function and send dead letters, for this account alone, and nothing else', () => {
    // Act
    const role = roleOf(templateOf(), 'ScheduleRole');

    // Assess
    expect(role.AssumeRolePolicyDocument?.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    expect(role.Policies?.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arnOf('Function') },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('DeadLetterQueue') },
    ]);
  });
});

describe('a prop that no context key sets', () => {
  it('reaches the template', () => {
    // Act
    const stack = createStack(
      {},
      {
        schedule: ScheduleExpression.rate(Duration.hours(2)),
        objectExpiration: Duration.days(3),
        removalPolicy: RemovalPolicy.DESTROY,
        logRetention: RetentionDays.ONE_DAY,
      },
    );

    // Assess
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(2 hours)' });
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Delete',
      Properties: { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 3 })] } },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 1 });
  });
});

describe('the addresses of the console', () => {
  it.each([
    ['aws', 'console.aws.amazon.com'],
    ['aws-us-gov', 'console.amazonaws-us-gov.com'],
    ['aws-cn', 'console.amazonaws.cn'],
    ['aws-eusc', 'console.aws.amazon.com'],
  ])('are those of the partition %s', (partition, host) => {
    // Prepare
    const { Conditions, Outputs } = templateOf({ lake: 'on', monitoring: 'full' }).toJSON();
    const holds = (id: string) => Conditions[id]['Fn::Equals'][1] === partition;
    const resolve = (value: string | { 'Fn::If': [string, string, never] }): string =>
      typeof value === 'string'
        ? value
        : resolve(holds(value['Fn::If'][0]) ? value['Fn::If'][1] : value['Fn::If'][2]);

    // Act
    const hosts = ['DashboardUrl', 'QueryConsoleUrl'].map((name) =>
      resolve(Outputs[name].Value['Fn::Join'][1][1]),
    );

    // Assess
    expect(Object.values(Conditions)).toContainEqual({ 'Fn::Equals': [{ Ref: 'AWS::Partition' }, 'aws-cn'] });
    expect(hosts).toEqual([host, host]);
  });

  it('of a stack without a dashboard need no condition on the partition', () => {
    expect(templateOf({ monitoring: 'off' }).toJSON().Conditions ?? {}).not.toHaveProperty(
      'IsPartitionawscn',
    );
  });
});

it('has no placeholder in its commands that a shell takes for a redirect', () => {
  // Act
  const { Outputs, Resources } = templateOf({ lake: 'on' }).toJSON();
  const texts = [
    ...Object.values<{ Value: unknown }>(Outputs).map(({ Value }) => Value),
    ...Object.values<{ Properties?: { AlarmDescription?: unknown } }>(Resources).map(
      ({ Properties }) => Properties?.AlarmDescription ?? '',
    ),
  ];

  // Assess
  expect(texts.filter((text) => /<[A-Za-z]/.test(JSON.stringify(text)))).toEqual([]);
});

describe('the tags', () => {
  it.each([
    'AWS::S3::Bucket',
    'AWS::KinesisFirehose::DeliveryStream',
    'AWS::Lambda::Function',
    'AWS::Lambda::EventSourceMapping',
    'AWS::Logs::LogGroup',
    'AWS::SQS::Queue',
    'AWS::IAM::Role',
    'AWS::CloudWatch::Alarm',
  ])('name the application on each %s', (type) => {
    templateOf().allResourcesProperties(type, {
      Tags: [{ Key: 'application', Value: 'firehose-event-producer' }],
    });
  });
});

describe('the template of the events', () => {
  const iotSensor = 'docs/events/iot-sensor.json';

  it('is in the metadata of the stack, where npm run prove finds it', () => {
    expect(templateOf({ eventTemplate: iotSensor }).toJSON().Metadata.EventProducers).toMatchObject({
      Producer: { eventTemplate: readFileSync(iotSensor, 'utf8') },
    });
  });

  it('leaves no trace if it is the default one', () => {
    // Act
    const [none, ours] = [
      templateOf().toJSON(),
      templateOf({ eventTemplate: 'docs/events/default.json' }).toJSON(),
    ];

    // Assess
    expect(none.Metadata.EventProducers).toEqual({ Producer: { function: expect.any(String) } });
    expect(ours).toEqual(none);
  });

  it('changes nothing but the code of the functions', () => {
    // Prepare
    const withoutCode = (template: object) =>
      JSON.parse(JSON.stringify(template).replaceAll(/"[0-9a-f]{64}\.zip"/g, '"code"'));

    // Act
    const { Metadata: _, ...own } = templateOf({ eventTemplate: iotSensor }).toJSON();
    const { Metadata: __, ...lesson } = templateOf().toJSON();

    // Assess
    expect(withoutCode(own)).toEqual(withoutCode(lesson));
    expect(own).not.toEqual(lesson);
  });

  it.each<[string, () => unknown, string]>([
    [
      'context',
      () => createStack({ eventTemplate: 'no-such-file' }),
      'context eventTemplate is "no-such-file":\nno-such-file: there is no such file',
    ],
    ['context', () => createStack({ eventTemplate: 'package.json' }), 'package.json:1:1 '],
    ['a prop', () => createStack({}, { eventTemplate: '{"a":1}' }), '"eventId":"{{random.uuid}}",'],
  ])('stops the synth, as %s, when it cannot be used', (_, create, message) => {
    expect(create).toThrow(message);
  });
});
