// The exports of the package. Each has an example in its TSDoc, which a test compiles.
export type { MonitoringLevel } from '../../lambda/contract/deployment-settings.ts';
export type { RecordFormat } from '../../lambda/contract/record-format.ts';
export type { Prices } from '../aws/prices.ts';
export { EventProducer, type EventProducerProps } from '../stack/event-producer.ts';
export type { AlarmTunings } from '../stack/monitoring/alarms.ts';
export { PropError } from '../stack/prop-checks.ts';
