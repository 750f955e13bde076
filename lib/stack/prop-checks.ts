import type { Duration, Size } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type SettingName, settings, type WholeNumberSetting } from '../../lambda/contract/settings.ts';
import { type Bounds, isWholeNumber, wholeNumberExpectation } from '../../lambda/contract/whole-number.ts';

/**
 * A prop doesn't fit; the message begins with the path of the construct.
 *
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { EventProducer, PropError } from 'firehose-event-producer';
 *
 * try {
 *   new EventProducer(new Stack(new App(), 'Events'), 'Producer', { count: Number(process.env.COUNT) });
 * } catch (error) {
 *   console.error(error instanceof PropError ? error.message : error);
 * }
 * ```
 */
export class PropError extends Error {
  override readonly name = 'PropError';

  constructor(scope: IConstruct, message: string) {
    super(`${scope.node.path}: ${message}`);
  }
}

/**
 * A setting's value: the prop, else its default, else `undefined`.
 *
 * @param bounds Bounds that are narrower than the setting's own.
 * @throws PropError naming the prop, its value, its bounds and an example, if it is out of them.
 */
export function checkedSetting(
  scope: IConstruct,
  name: SettingName,
  value: number | undefined,
  bounds: Partial<Bounds> = {},
): number | undefined {
  const setting: WholeNumberSetting = settings[name];
  const number = value ?? setting.default;
  const own = { ...setting, ...bounds };
  if (number !== undefined && !isWholeNumber(number, own)) {
    const example = Math.min(setting.default ?? setting.example, own.max);
    throw new PropError(
      scope,
      `${name} is ${number}: expected ${wholeNumberExpectation(own)}, for example ${example}`,
    );
  }
  return number;
}

/** The same for a setting that has a default. */
export function requiredSetting(
  scope: IConstruct,
  name: SettingName,
  value: number | undefined,
  bounds?: Partial<Bounds>,
): number {
  return checkedSetting(scope, name, value, bounds)!;
}

/** A duration in seconds, whole or not: a check says what is wrong with it. */
export function secondsOf(duration: Duration | undefined): number | undefined {
  return duration?.toSeconds({ integral: false });
}

/** A duration in hours, likewise. */
export function hoursOf(duration: Duration | undefined): number | undefined {
  return duration?.toHours({ integral: false });
}

/** A size in MiB, likewise. */
export function mebibytesOf(size: Size | undefined): number | undefined {
  return size && size.toKibibytes() / 1_024;
}
