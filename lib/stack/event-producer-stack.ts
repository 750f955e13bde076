import { Aws, CfnCondition, CfnOutput, Fn, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { DeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { countSql } from '../lake/named-queries.ts';
import { withoutIpRanges } from './bucket-delivery-stream.ts';
import { EventProducer, type EventProducerProps } from './event-producer.ts';
import { outputs } from './outputs.ts';

/** Properties of an {@link EventProducerStack}. */
export interface EventProducerStackProps
  extends StackProps,
    Omit<
      EventProducerProps,
      | 'deliveryStream'
      | 'kinesisStream'
      | 'bucket'
      | 'alarmTopic'
      | `${'encryption' | 'stream' | 'bucket'}Key`
    > {
  /**
   * Name of an existing delivery stream, in the stack's account and region, to push to.
   *
   * @default - a stream and its bucket are created
   */
  readonly deliveryStreamName?: string;

  /**
   * Name of an existing Kinesis stream, in the stack's account and region, to send to.
   *
   * @default - none
   */
  readonly kinesisStreamName?: string;

  /**
   * Name of the bucket that this stream delivers to, so that its events are proven. Others may write to it, too.
   *
   * @default - the bucket of the created stream; that of an existing stream is not known
   */
  readonly bucketName?: string;

  /** ARN of a customer-managed key for the created streams and their bucket. @default - keys that AWS owns */
  readonly encryptionKey?: string;

  /** ARN of the customer-managed key of the existing stream. @default - none */
  readonly streamKey?: string;

  /** ARN of the customer-managed key of the objects in its bucket. @default - none */
  readonly bucketKey?: string;

  /**
   * Address that gets a mail when an alarm fires, and when it is over. SNS asks it once to confirm.
   *
   * @default - alarms send no mail
   */
  readonly alarmEmail?: string;
}

const consoleHosts = { 'aws-us-gov': 'console.amazonaws-us-gov.com', 'aws-cn': 'console.amazonaws.cn' };

/** One {@link EventProducer}, tagged, with the names and commands for its use as outputs. */
export class EventProducerStack extends Stack {
  readonly producer: EventProducer;

  constructor(scope: Construct, id: string, props: EventProducerStackProps = {}) {
    super(scope, id, {
      description: `Pushes UUID events to an Amazon ${
        props.source || props.kinesisStreamName ? 'Kinesis stream' : 'Data Firehose delivery stream'
      }.`,
      ...props,
    });
    const {
      deliveryStreamName,
      kinesisStreamName,
      bucketName,
      alarmEmail,
      encryptionKey,
      streamKey,
      bucketKey,
      ...producerProps
    } = props;
    const keys = Object.entries({ encryptionKey, streamKey, bucketKey }).filter(([, arn]) => arn);
    this.producer = new EventProducer(this, 'Producer', {
      ...producerProps,
      ...Object.fromEntries(keys.map(([name, arn]) => [name, Key.fromKeyArn(this, name, arn!)])),
      ...(deliveryStreamName && {
        deliveryStream: withoutIpRanges(this, () =>
          DeliveryStream.fromDeliveryStreamName(this, 'DeliveryStream', deliveryStreamName),
        ),
      }),
      ...(kinesisStreamName && {
        kinesisStream: Stream.fromStreamArn(
          this,
          'KinesisStream',
          this.formatArn({ service: 'kinesis', resource: 'stream', resourceName: kinesisStreamName }),
        ),
      }),
      ...(bucketName && { bucket: Bucket.fromBucketName(this, 'Bucket', bucketName) }),
      ...(alarmEmail && { alarmTopic: this.createAlarmTopic(alarmEmail) }),
    });
    Tags.of(this).add('application', 'firehose-event-producer');

    const { bucket, prefix, workQueue, prover, deadLetterQueue, lake, dashboard, count } = this.producer;
    const { functionName } = this.producer.function;
    const host = dashboard || lake ? this.consoleHost() : '';
    const consoleUrl = (service: string) => `https://${host}/${service}/home?region=${this.region}`;
    this.output(outputs.functionName, functionName, 'The Lambda function');
    this.output(
      outputs.deliveryStreamName,
      kinesisStreamName ? undefined : this.producer.deliveryStream.deliveryStreamName,
      props.source ? 'The delivery stream that reads the Kinesis stream' : 'The delivery stream it pushes to',
    );
    this.output(
      outputs.kinesisStreamName,
      this.producer.kinesisStream?.streamName,
      'The Kinesis stream it pushes to',
    );
    this.output(
      outputs.bucketName,
      bucket?.bucketName ?? bucketName,
      'The bucket that the stream delivers to',
    );
    this.output(outputs.prefix, prefix, 'The prefix of the objects in it');
    this.output(outputs.workQueueUrl, workQueue.queueUrl, 'Slices that wait for an invocation');
    this.output(
      outputs.proverFunctionName,
      prover?.function.functionName,
      'The Lambda function that reads the bucket',
    );
    this.output(outputs.proofQueueUrl, prover?.proofQueue.queueUrl, 'Claims that wait to be proven');
    this.output(outputs.deadLetterQueueUrl, deadLetterQueue.queueUrl, 'Payloads that were given up');
    this.output(
      outputs.queryConsoleUrl,
      lake && `${consoleUrl('athena')}#/workgroups/details/${lake.workGroupName}`,
      'The workgroup of Athena, with queries to begin with',
    );
    this.output(
      outputs.queryCommand,
      lake &&
        `aws athena start-query-execution --region ${this.region} --work-group ${lake.workGroupName} ` +
          `--query-execution-context Database=${lake.databaseName} --query-string "${countSql}"`,
      'Counts the events of a day, and prints the id that aws athena get-query-results takes',
    );
    this.output(
      outputs.dashboardUrl,
      dashboard && `${consoleUrl('cloudwatch')}#dashboards/dashboard/${dashboard.dashboardName}`,
      'Events produced, accepted, delivered and proven, and their cost',
    );
    this.output(
      outputs.invokeCommand,
      // Versions 1 and 2 of the AWS CLI agree on fileb:// only.
      `echo '{"count":${count}}' | aws lambda invoke --function-name ${functionName} --region ${this.region} ` +
        '--cli-read-timeout 0 --payload fileb:///dev/stdin report.json && cat report.json',
      'Pushes events now and prints the report',
    );
  }

  private createAlarmTopic(email: string): Topic {
    // Not encrypted: alarms cannot publish with AWS's managed key, and a customer-managed key costs more than it protects.
    const topic = new Topic(this, 'AlarmTopic', { enforceSSL: true });
    // The policy that enforces TLS replaces the default one, by which alarms may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  /** The host of AWS's console, which differs by partition. */
  private consoleHost(): string {
    return Object.entries(consoleHosts).reduce((otherwise, [partition, host]) => {
      const expression = Fn.conditionEquals(Aws.PARTITION, partition);
      const condition = new CfnCondition(this, `IsPartition-${partition}`, { expression });
      return Fn.conditionIf(condition.logicalId, host, otherwise).toString();
    }, 'console.aws.amazon.com');
  }

  /** Adds an output if it has a value. */
  private output(name: string, value: string | undefined, description: string): void {
    if (value !== undefined) {
      new CfnOutput(this, name, { value, description });
    }
  }
}
