import { describe, expect, it } from 'vitest';
import { isPrice, prices, withOwnPrices } from '../../lib/aws/prices.ts';

describe('prices', () => {
  it.each(['0', '0.029', '2e-7', '1e-7', '3', '1000'])('may be %s', (text) => {
    expect(isPrice(text)).toBe(true);
  });

  it.each(['', ' ', '-1', '1001', '1e9', 'abc', '0x1', '$3', '0,029', 'Infinity', '.5', '1.'])(
    'may not be %j',
    (text) => {
      expect(isPrice(text)).toBe(false);
    },
  );

  it('override list prices, as texts and as numbers', () => {
    // Act
    const own = withOwnPrices(
      { firehoseUsdPerGb: '0.031', sqsUsdPerRequest: 0.0000002, lambdaUsdPerRequest: undefined, other: 'x' },
      'context ',
    );

    // Assess
    expect(own).toEqual({ ...prices, firehoseUsdPerGb: 0.031, sqsUsdPerRequest: 0.0000002 });
  });

  it('are refused with the expectation if they are invalid', () => {
    expect(() => withOwnPrices({ sqsUsdPerRequest: true }, 'context ')).toThrow(
      'context sqsUsdPerRequest is "true": expected a price in US dollars: a number from 0 to 1000, for example 4e-7',
    );
  });
});
