export * from './publishing.js';
export * from './consumer/connect-consumer.js';
export * from './consumer/delivery-batcher.js';
export * from './consumer/event-delivery.js';
export * from './dead-letter.js';
export * from './jetstream.strategy.js';
export * from './on-event.decorator.js';
export * from './topology-keeper.js';
