import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import type { Payload } from '../../lambda/contract/payload.ts';
import { type Report, reportSchema } from '../../lambda/contract/report.ts';
import { UnanswerableError } from '../../lambda/prover/source.ts';
import { unanswerableCall } from './aws-errors.ts';

/**
 * Invokes the producer and waits for its report.
 *
 * @throws UnanswerableError with the function's own error, if it failed.
 */
export async function invokeProducer(
  client: LambdaClient,
  functionName: string,
  payload: Payload,
): Promise<Report> {
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: 'RequestResponse',
    Payload: Buffer.from(JSON.stringify(payload)),
  });
  const { FunctionError, Payload: returned } = await client.send(command).catch((error) => {
    throw unanswerableCall(`invoking ${functionName} for the run ${payload.runId}`, error);
  });
  const text = Buffer.from(returned ?? []).toString();
  if (FunctionError !== undefined) {
    throw new UnanswerableError(`${functionName} failed: ${describeFunctionError(text)}`);
  }
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), reportSchema), text);
  if (!result.success) {
    throw new UnanswerableError(`${functionName} returned no report of a producer: ${text.slice(0, 200)}`);
  }
  return result.output;
}

/** The error that the function raised, or the text as it is. */
function describeFunctionError(text: string): string {
  const error = v.object({ errorType: v.optional(v.string()), errorMessage: v.string() });
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), error), text);
  return success ? [output.errorType, output.errorMessage].filter(Boolean).join(': ') : text;
}
