/** Name of the stack that `npx cdk deploy` makes. */
export const defaultStackName = 'FirehoseEventProducer';

/** Names of the stack's outputs. */
export const outputs = {
  functionName: 'FunctionName',
  deliveryStreamName: 'DeliveryStreamName',
  bucketName: 'BucketName',
  workQueueUrl: 'WorkQueueUrl',
  proverFunctionName: 'ProverFunctionName',
  proofQueueUrl: 'ProofQueueUrl',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  dashboardUrl: 'DashboardUrl',
  invokeCommand: 'InvokeCommand',
} as const;
