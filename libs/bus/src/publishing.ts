// The half of the bus that edges need: connection, topology, spool, publisher. An entry of its own, since the
// other half loads Nest's microservices, which cost an edge 35 MB that it has no use for.
export * from './bus-log.js';
export * from './control/ask-edges.js';
export * from './control/control-responder.js';
export * from './control/edge-register.js';
export * from './control/shared-cooldowns.js';
export * from './ensure-streams.js';
export * from './event-publisher.js';
export * from './nats-connection.js';
export { EventSpool } from './spool/event-spool.js';
export * from './spool/event-spool.types.js';
export * from './spool/group-commit.js';
export { type SequenceRange } from './spool/sequence-set.js';
export { type SpooledStream } from './spool/spooled-streams.js';
export * from './streams.js';
