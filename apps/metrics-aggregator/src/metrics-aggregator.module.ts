import { DeliveryBatcher } from '@sluice/bus';
import { type DynamicModule, Module } from '@nestjs/common';
import type { RequestCompleted } from '@sluice/contracts';
import { RequestMetricsConsumer } from './request-metrics.consumer.js';

/** The consumers of this service and what they write to. */
@Module({})
export class MetricsAggregatorModule {
  static with(batcher: DeliveryBatcher<RequestCompleted>): DynamicModule {
    return {
      module: MetricsAggregatorModule,
      controllers: [RequestMetricsConsumer],
      providers: [{ provide: DeliveryBatcher, useValue: batcher }],
    };
  }
}
