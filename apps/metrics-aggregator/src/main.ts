// The only place with effects at top level. The service itself is loaded after the check: on an old Node it cannot even
// be linked, and the reason would be hard to read.
import { checkNodeVersion } from '@sluice/service-kit';

checkNodeVersion();
const { startMetricsAggregator } = await import('./start-metrics-aggregator.js');
await startMetricsAggregator(process.env);
