// The only place with effects at top level. The service itself is loaded after the check: on an old Node it cannot even
// be linked, and the reason would be hard to read.
import { leaveSignalsToPrimary } from './cluster/leave-signals-to-primary.js';

leaveSignalsToPrimary(process.env);
const { checkNodeVersion } = await import('@sluice/service-kit');
checkNodeVersion();
// Read when the pool is first used, which no import does; workers inherit it. Names are looked up on half of the threads,
// one by one: with libuv's own 4, two names that hang leave none for the others.
process.env['UV_THREADPOOL_SIZE'] ||= '16';
const { startEdgeProxy } = await import('./start-edge-proxy.js');
await startEdgeProxy(process.env);
