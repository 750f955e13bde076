/** Name of the stack that `npx cdk deploy` makes. */
export const defaultStackName = 'FirehoseEventProducer';

/** Its delivery stream when it runs on this machine. */
export const localDeliveryStreamName = `${defaultStackName}-ProducerStreamDeliveryStream`;

export const outputs = {
  functionName: 'FunctionName',
  deliveryStreamName: 'DeliveryStreamName',
  bucketName: 'BucketName',
  workQueueUrl: 'WorkQueueUrl',
  proverFunctionName: 'ProverFunctionName',
  proofQueueUrl: 'ProofQueueUrl',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  dashboardUrl: 'DashboardUrl',
  queryConsoleUrl: 'QueryConsoleUrl',
  queryCommand: 'QueryCommand',
  invokeCommand: 'InvokeCommand',
} as const;

/** Where the metadata of the stack's CloudFormation template have the template of its events; missing if that is the default one. */
export const templateMetadataKey = 'EventTemplate';
