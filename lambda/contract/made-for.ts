import * as v from 'valibot';

/** Attribute of a message with its {@link MadeFor} as JSON. Version 0.1.0 ignores it, as it would not a field of the body. */
export const madeForAttribute = 'MadeFor';

const schema = v.object({
  deliveryStreamName: v.string(),
  /** Fingerprint of the template of the events. */
  template: v.string(),
  /** Prefix of the objects, with Firehose's expressions, its time zone and partition. */
  prefix: v.string(),
});

/** Identifies the deployment of a message. In another one, its events are different, or land elsewhere. */
export type MadeFor = Readonly<v.InferOutput<typeof schema>>;

/** Stands for the fingerprint of the default template. */
export const defaultTemplateFingerprint = 'default';

const attribute = v.fallback(v.pipe(v.string(), v.parseJson(), v.partial(schema)), {});

/** A message as Lambda delivers it. */
interface ReceivedMessage {
  readonly messageAttributes?: Readonly<Record<string, { readonly stringValue?: string | undefined }>>;
}

/** The attribute of a message, if it has one. */
export function madeForIn({ messageAttributes }: ReceivedMessage): string | undefined {
  return messageAttributes?.[madeForAttribute]?.stringValue;
}

/** Why the events of a message may not be those of this deployment. */
export interface Misfit {
  readonly reason: string;
  /** Whether they are others, not only in another place. */
  readonly isOther: boolean;
}

/** Names both sides if a message was made for another deployment. Without an attribute, it is accepted. */
export function misfitOf(message: ReceivedMessage, own: MadeFor): Misfit | undefined {
  const madeFor = madeForIn(message);
  const made = madeFor === undefined ? own : v.parse(attribute, madeFor);
  const isOther = made.deliveryStreamName !== own.deliveryStreamName || made.template !== own.template;
  const reason = `made for ${JSON.stringify(made)}, but this deployment is ${JSON.stringify(own)}`;
  return isOther || made.prefix !== own.prefix ? { reason, isOther } : undefined;
}
