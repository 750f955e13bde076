/** The responses of a service, where services differ. */
export interface Dialect {
  readonly contentType: string;
  /** Error type of status 503. */
  readonly unavailable: string;
  /** Error type of expired credentials. */
  readonly expired: string;
  /**
   * Makes the counts of a response wrong.
   *
   * @param body The correct response; returned unchanged if it counts nothing.
   * @param coin Decides which of the counts.
   */
  readonly miscount: (body: Body, coin: boolean) => Body;
}

type Body = Readonly<Record<string, unknown>>;

/** Amazon Data Firehose and Amazon Kinesis Data Streams: AWS JSON 1.1. */
export const [firehoseDialect, kinesisDialect] = [
  putDialect('RequestResponses', 'FailedPutCount'),
  putDialect('Records', 'FailedRecordCount'),
];

/** @param list The member of the response that lists the records. @param count That which counts those that were refused. */
function putDialect(list: string, count: string): Dialect {
  return {
    contentType: 'application/x-amz-json-1.1',
    unavailable: 'ServiceUnavailableException',
    expired: 'ExpiredTokenException',
    miscount: (body, coin) => {
      const { [list]: records, [count]: failed } = body;
      if (!Array.isArray(records) || failed === undefined) {
        return body;
      }
      return coin ? { ...body, [list]: records.slice(0, -1) } : { ...body, [count]: Number(failed) + 1 };
    },
  };
}

/** Amazon SQS: AWS JSON 1.0. */
export const sqsDialect: Dialect = {
  contentType: 'application/x-amz-json-1.0',
  unavailable: 'com.amazonaws.sqs#ServiceUnavailable',
  expired: 'com.amazon.coral.service#ExpiredTokenException',
  miscount: (body) => {
    const { Successful: successful, Failed: failed } = body;
    if (!Array.isArray(successful) || !Array.isArray(failed)) {
      return body;
    }
    return successful.length > 0
      ? { ...body, Successful: successful.slice(0, -1) }
      : { ...body, Failed: failed.slice(0, -1) };
  },
};
