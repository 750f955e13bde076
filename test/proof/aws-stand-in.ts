import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An object in the bucket of a stand-in. */
export interface StandInObject {
  /** Its bytes. */
  readonly body: Buffer;
  /** Size in listings. @default - the size of its bytes */
  readonly listedBytes?: number;
  /** When it landed, in milliseconds since 1970. */
  readonly landedAtMs: number;
  /** Break the connection off after this number of bytes. */
  readonly breakAfterBytes?: number;
}

/** Responses of a stand-in. They may change while it runs. */
export interface StandInState {
  /** The producers of the one stack, by their paths, with the names of their functions. @default - there is no stack */
  producers?: Record<string, { readonly function: string; readonly eventTemplate?: string }>;
  /** Responds to an invocation. @default - there is no function */
  invoke?: (payload: Record<string, unknown>) => { result: unknown; functionError?: 'Unhandled' };
  /** Environment of the function. @default - none */
  environment?: Record<string, string>;
  /** The DeliveryStreamDescription of every stream. @default - nobody may describe one */
  stream?: object;
  /** The objects of the bucket `my-bucket` by their keys. */
  objects: Map<string, StandInObject>;
  /** Whether the bucket may be listed. @default true */
  isListable?: boolean;
}

/** A stand-in that runs. */
export interface StandIn {
  /** Its address, for `AWS_ENDPOINT_URL`: a name, since for a number the SDK puts the bucket into the path anyway. */
  readonly endpointUrl: string;
  /** The requests that came, each as `METHOD path?query`. */
  readonly requests: readonly string[];
  /** Stops it. */
  readonly close: () => void;
}

/** Name of the one stack, the one function and the one bucket. */
export const [stackName, functionName, bucketName] = ['MyStack', 'my-function', 'my-bucket'];

/** Keys a page, so that a few objects make several pages. */
const pageSize = 2;

/**
 * CloudFormation, Lambda and S3 on one port, as `AWS_ENDPOINT_URL` expects them, as far as a proof calls them: in the wire
 * formats of their API references (Query with XML, REST with JSON, REST with XML).
 */
export async function startStandIn(state: StandInState): Promise<StandIn> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
    respond(state, request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpointUrl: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function respond(
  state: StandInState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://stand-in');
  const path = decodeURIComponent(url.pathname);
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString();

  const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path);
  const configuration = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(path);
  if (invocation) {
    const isAsynchronous = request.headers['x-amz-invocation-type'] === 'Event';
    respondInvoke(state, invocation[1]!, body, isAsynchronous, response);
  } else if (configuration) {
    respondConfiguration(state, configuration[1]!, response);
  } else if (request.headers['x-amz-target'] === 'Firehose_20150804.DescribeDeliveryStream') {
    respondStream(state, JSON.parse(body), response);
  } else if (request.method === 'POST') {
    respondStack(state, new URLSearchParams(body), response);
  } else if (url.searchParams.get('list-type') === '2') {
    respondList(state, path, url.searchParams, response);
  } else {
    respondGet(state, path, response);
  }
}

// https://docs.aws.amazon.com/firehose/latest/APIReference/API_DescribeDeliveryStream.html
function respondStream(
  { stream }: StandInState,
  { DeliveryStreamName }: Record<string, unknown>,
  response: ServerResponse,
): void {
  response.writeHead(stream ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(
    JSON.stringify(
      stream
        ? { DeliveryStreamDescription: { DeliveryStreamName, ...stream } }
        : {
            __type: 'AccessDeniedException',
            Message: 'not authorized to perform: firehose:DescribeDeliveryStream',
          },
    ),
  );
}

/** Responds with the producers as the CDK's template has them, and with the name of a function by its logical id: `Id-<name>`. */
function respondStack({ producers }: StandInState, query: URLSearchParams, response: ServerResponse): void {
  const action = query.get('Action');
  const respond = (status: number, element: string, content: string) =>
    sendXml(
      response,
      status,
      `<${element} xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">${content}</${element}>`,
    );
  if (producers === undefined || query.get('StackName') !== stackName) {
    respond(
      400,
      'ErrorResponse',
      `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${query.get('StackName')} does not exist` +
        '</Message></Error><RequestId>1</RequestId>',
    );
    return;
  }
  const described = Object.entries(producers).map(([path, producer]) => [
    path,
    { ...producer, function: `Id-${producer.function}` },
  ]);
  const metadata = JSON.stringify({ EventProducers: Object.fromEntries(described), Other: 'theirs' });
  const physicalId = query.get('LogicalResourceId')?.replace('Id-', '');
  const results: Record<string, string> = {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
    GetTemplateSummary: `<Metadata>${escapeXml(metadata)}</Metadata>`,
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
    DescribeStackResource: `<StackResourceDetail><PhysicalResourceId>${physicalId}</PhysicalResourceId></StackResourceDetail>`,
  };
  respond(200, `${action}Response`, `<${action}Result>${results[action!]}</${action}Result>`);
}

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
function respondInvoke(
  { invoke }: StandInState,
  name: string,
  body: string,
  isAsynchronous: boolean,
  response: ServerResponse,
): void {
  if (invoke === undefined || name !== functionName) {
    respondNoFunction(name, response);
    return;
  }
  const { result, functionError } = invoke(JSON.parse(body));
  if (isAsynchronous) {
    response.writeHead(202).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
    ...(functionError && { 'x-amz-function-error': functionError }),
  });
  response.end(JSON.stringify(result));
}

// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
function respondConfiguration({ environment }: StandInState, name: string, response: ServerResponse): void {
  if (name !== functionName) {
    respondNoFunction(name, response);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ FunctionName: name, ...(environment && { Environment: { Variables: environment } }) }),
  );
}

function respondNoFunction(name: string, response: ServerResponse): void {
  response.writeHead(404, {
    'content-type': 'application/json',
    'x-amzn-errortype': 'ResourceNotFoundException',
  });
  response.end(JSON.stringify({ Type: 'User', Message: `Function not found: ${name}` }));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
function respondList(
  state: StandInState,
  path: string,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  if (path.replace(/\/$/, '') !== `/${bucketName}`) {
    sendError(response, 404, 'NoSuchBucket', 'The specified bucket does not exist');
    return;
  }
  if (state.isListable === false) {
    sendError(response, 403, 'AccessDenied', 'Access Denied');
    return;
  }
  const prefix = query.get('prefix') ?? '';
  const keys = [...state.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const start = Number(query.get('continuation-token') ?? 0);
  const contents = keys.slice(start, start + pageSize).map((key) => {
    const { body, landedAtMs, listedBytes = body.length } = state.objects.get(key)!;
    return (
      `<Contents><Key>${escapeXml(key)}</Key><LastModified>${new Date(landedAtMs).toISOString()}</LastModified>` +
      `<ETag>&quot;1&quot;</ETag><Size>${listedBytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    );
  });
  const isTruncated = start + pageSize < keys.length;
  sendXml(
    response,
    200,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucketName}</Name>` +
      `<Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${contents.length}</KeyCount><MaxKeys>${pageSize}</MaxKeys>` +
      `<IsTruncated>${isTruncated}</IsTruncated>` +
      (isTruncated ? `<NextContinuationToken>${start + pageSize}</NextContinuationToken>` : '') +
      `${contents.join('')}</ListBucketResult>`,
  );
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
function respondGet({ objects }: StandInState, path: string, response: ServerResponse): void {
  const object = objects.get(path.slice(bucketName!.length + 2));
  if (object === undefined) {
    sendError(response, 404, 'NoSuchKey', 'The specified key does not exist.');
    return;
  }
  const { body, landedAtMs, breakAfterBytes } = object;
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    'last-modified': new Date(landedAtMs).toUTCString(),
    etag: '"1"',
  });
  if (breakAfterBytes === undefined) {
    response.end(body);
  } else {
    response.write(body.subarray(0, breakAfterBytes), () => response.destroy());
  }
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendXml(
    response,
    status,
    `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>1</RequestId></Error>`,
  );
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
