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

/** Amazon Data Firehose: AWS JSON 1.1. */
export const firehoseDialect: Dialect = {
  contentType: 'application/x-amz-json-1.1',
  unavailable: 'ServiceUnavailableException',
  expired: 'ExpiredTokenException',
  miscount: (body, coin) => {
    const { RequestResponses: responses, FailedPutCount: failed } = body;
    if (!Array.isArray(responses)) {
      return body;
    }
    return coin
      ? { ...body, RequestResponses: responses.slice(0, -1) }
      : { ...body, FailedPutCount: Number(failed) + 1 };
  },
};

/** Amazon Kinesis Data Streams: AWS JSON 1.1. */
export const kinesisDialect: Dialect = {
  ...firehoseDialect,
  miscount: (body, coin) => {
    const { Records: records, FailedRecordCount: failed } = body;
    if (!Array.isArray(records) || failed === undefined) {
      return body;
    }
    return coin
      ? { ...body, Records: records.slice(0, -1) }
      : { ...body, FailedRecordCount: Number(failed) + 1 };
  },
};

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
