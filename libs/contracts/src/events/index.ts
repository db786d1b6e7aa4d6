export * from './cloud-event.js';
export * from './dead-letter.event.js';
export * from './event-channels.js';
export * from './live-numbers.js';
export * from './request-completed.event.js';
export * from './subjects.js';
export * from './token-counts.js';
