// The only place with effects at top level. The service itself is loaded after the check: on an old Node it cannot even
// be linked, and the reason would be hard to read.
import { checkNodeVersion } from '@sluice/service-kit';

checkNodeVersion();
const { startEdgeProxy } = await import('./start-edge-proxy.js');
await startEdgeProxy(process.env);
