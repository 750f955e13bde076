import type { Report } from '../../../lambda/contract/report.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';

/** A slice that an invocation began with, and the reports that it logged of it. */
export interface Work {
  /** The slice. */
  readonly slice: RunSlice;
  /** The message that it came in; missing when it came in a payload. */
  readonly messageId?: string;
  /** One, if all is well. */
  readonly reports: Report[];
}

/** An error that an invocation logged about a message. */
export interface MessageFailure {
  /** The message. */
  readonly messageId?: string;
  /** The run that is in it. */
  readonly runId?: string;
  /** What happened. */
  readonly error: Error;
}

/** What an invocation logged. */
export class InvocationLog {
  /** The slices that it began with, in order. */
  readonly works: Work[] = [];
  /** Its reports, in order. */
  readonly reports: Report[] = [];
  /** Its errors about messages, in order. */
  readonly failures: MessageFailure[] = [];

  /** It began with a slice. */
  began(slice: RunSlice, messageId: string | undefined): void {
    this.works.push({ slice, ...(messageId !== undefined && { messageId }), reports: [] });
  }

  /** It made a report. */
  reported(report: Report, messageId: string | undefined): void {
    this.reports.push(report);
    this.works.find((work) => work.messageId === messageId)?.reports.push(report);
  }
}
