import { type DynamicModule, Module } from '@nestjs/common';
import { RequestLogConsumer } from './request-log.consumer.js';
import { RowBatcher } from './row-batcher.js';

/** The consumers of this service and what they write to. */
@Module({})
export class LoggerModule {
  static with(batcher: RowBatcher): DynamicModule {
    return {
      module: LoggerModule,
      controllers: [RequestLogConsumer],
      providers: [{ provide: RowBatcher, useValue: batcher }],
    };
  }
}
