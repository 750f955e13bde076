/** Name of the stack that `npx cdk deploy` makes. */
export const defaultStackName = 'FirehoseEventProducer';

/** Its delivery stream when it runs on this machine. */
export const localDeliveryStreamName = `${defaultStackName}-ProducerStreamDeliveryStream`;

export const outputs = {
  functionName: 'FunctionName',
  deliveryStreamName: 'DeliveryStreamName',
  kinesisStreamName: 'KinesisStreamName',
  bucketName: 'BucketName',
  prefix: 'Prefix',
  workQueueUrl: 'WorkQueueUrl',
  proverFunctionName: 'ProverFunctionName',
  proofQueueUrl: 'ProofQueueUrl',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  dashboardUrl: 'DashboardUrl',
  queryConsoleUrl: 'QueryConsoleUrl',
  queryCommand: 'QueryCommand',
  invokeCommand: 'InvokeCommand',
} as const;

/**
 * Where the metadata of a stack's template have its producers, by their paths in the stack: the logical id of the `function`,
 * and the `eventTemplate` unless that is the default one.
 */
export const producersMetadataKey = 'EventProducers';
