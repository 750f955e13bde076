/** Value of the partition key `customer_id` in {@link documentedPrefixes}. */
export const canary = { customer_id: 'canary' };

/**
 * Prefixes of AWS's documentation, and how the keys of an object of 10:30 UTC on Aug 27, 2018, as in AWS's tables, begin.
 *
 * Understand custom prefixes, Example prefixes and the values of namespaces; Configure Amazon S3 object name format; Use Amazon S3
 * bucket prefix to deliver data; the CDK's documentation; the blog on custom prefixes.
 */
export const documentedPrefixes = [
  ['', '2018/08/27/10/'],
  ['!{timestamp:yyyy/MM/dd}', '2018/08/27'],
  ['!{timestamp:yyyy}', '2018'],
  [
    'myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}',
    'myFirehose/DeliveredYear=2018/anyMonth/rand=',
  ],
  [
    'myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/',
    'myPrefix/year=2018/month=08/day=27/hour=10/',
  ],
  [
    "myErrorPrefix/!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/",
    'myErrorPrefix/year=2018/month=08/day=27/hour=10/',
  ],
  ['myFirehosePrefix', 'myFirehosePrefix2018/08/27/10/'],
  ['myFirehosePrefix/', 'myFirehosePrefix/2018/08/27/10/'],
  ['fhbase/!{timestamp:YYYY/MM/dd/HH}/', 'fhbase/2018/08/27/10/'],
  ["dt=!{timestamp:yyyy'-'MM'-'dd}/h=!{timestamp:HH}/", 'dt=2018-08-27/h=10/'],
  [
    'customer_id=!{partitionKeyFromQuery:customer_id}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/',
    'customer_id=canary/year=2018/month=08/',
  ],
] as const;
