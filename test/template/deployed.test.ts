import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { misfitOf } from '../../lambda/contract/made-for.ts';
import { madeForOf } from '../../lambda/template/deployed.ts';
import { eventsOf } from './factories.ts';

const settings = { deliveryStreamName: 'my-stream', prefix: 'events/' };

describe('what messages are made for', () => {
  it('is the stream, the template and the completed prefix, with its time zone and partition', () => {
    expect(madeForOf(settings)).toEqual({
      deliveryStreamName: 'my-stream',
      template: 'default',
      prefix: 'events/!{timestamp:yyyy/MM/dd/HH}/',
    });
    expect(
      madeForOf({ ...settings, prefixTimeZone: 'Asia/Tokyo', partition: { customer: 'canary' } }).prefix,
    ).toBe('events/!{timestamp:yyyy/MM/dd/HH}/ in Asia/Tokyo of customer=canary');
    expect(madeForOf(settings, '{{random.uuid}}')).not.toEqual(madeForOf(settings, '{{random.uuid}} '));
  });

  it('changes with the rules of templates: raise rulesVersion when these events change', () => {
    // Prepare
    const source =
      '{{random.uuid}} {{index}} {{run}} {{sequence({"start":-5,"step":3})}} {{wave({"period":10})}} ' +
      '{{random.number({"min":-1,"max":1,"precision":0.01})}} {{datatype.boolean}} {{date.utc("H:m")}} ' +
      '{{random.weightedArrayElement({"weights":[0.9,0.1],"data":["OK","FAIL"]})}} {{string.alphanumeric(12)}} ' +
      '{{internet.ip}} {{date.now}} {{date.iso}} {{date.epoch("ms")}} {{name.firstName}}';

    // Act
    const events = createHash('sha256')
      .update(eventsOf(source, 0, 100).join('\n'))
      .digest('hex');

    // Assess
    expect([madeForOf(settings, source).template, events.slice(0, 16)]).toEqual([
      '56bd7e30098d5d76',
      '296155b903db3963',
    ]);
  });

  it.each(['', 'my-stream', 'null', '[]', '{"template":1}', '{}'])(
    'is not known from %j, which fits nothing',
    (text) => {
      const message = { messageAttributes: { MadeFor: { stringValue: text } } };
      expect(misfitOf(message, madeForOf(settings))).toEqual({
        reason: `made for {}, but this deployment is ${JSON.stringify(madeForOf(settings))}`,
        isOther: true,
      });
    },
  );
});
