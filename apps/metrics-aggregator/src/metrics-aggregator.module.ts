import { type DynamicModule, Module } from '@nestjs/common';
import { RequestMetricsConsumer } from './request-metrics.consumer.js';
import { RollupFlusher } from './rollup-flusher.js';

/** The consumers of this service and what they write to. */
@Module({})
export class MetricsAggregatorModule {
  static with(flusher: RollupFlusher): DynamicModule {
    return {
      module: MetricsAggregatorModule,
      controllers: [RequestMetricsConsumer],
      providers: [{ provide: RollupFlusher, useValue: flusher }],
    };
  }
}
