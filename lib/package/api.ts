// What other projects import: each name has an example in its documentation, which a test compiles.
export type { MonitoringLevel, RecordFormat } from '../../lambda/contract/settings.ts';
export type { Prices } from '../aws/prices.ts';
export { EventProducer, type EventProducerProps } from '../stack/event-producer.ts';
export type { AlarmTunings } from '../stack/monitoring/alarms.ts';
export { PropError } from '../stack/prop-checks.ts';
