export * from './bus-log.js';
export * from './nats-connection.js';
export { EventSpool } from './spool/event-spool.js';
export * from './spool/event-spool.types.js';
export * from './streams.js';
