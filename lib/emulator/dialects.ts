/** How a service words what is wrong, as far as that differs between services. */
export interface Dialect {
  /** Type of every body. */
  readonly contentType: string;
  /** Error of 503. */
  readonly unavailable: string;
  /** Error of credentials that have expired. */
  readonly expired: string;
  /**
   * The response to a batch, with counts that are wrong.
   *
   * @param body The right response, whatever it responds to; it comes back unchanged if it counts nothing.
   * @param coin Decides how wrong it is.
   */
  readonly miscount: (body: Body, coin: boolean) => Body;
}

/** A response's body, parsed. */
export type Body = Readonly<Record<string, unknown>>;

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
