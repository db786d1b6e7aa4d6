import { DeliveryBatcher } from '@sluice/bus';
import { type DynamicModule, Module } from '@nestjs/common';
import type { NewRequestLogRow } from '@sluice/storage';
import { RequestLogConsumer } from './request-log.consumer.js';

/** The consumers of this service and what they write to. */
@Module({})
export class LoggerModule {
  static with(batcher: DeliveryBatcher<NewRequestLogRow>): DynamicModule {
    return {
      module: LoggerModule,
      controllers: [RequestLogConsumer],
      providers: [{ provide: DeliveryBatcher, useValue: batcher }],
    };
  }
}
