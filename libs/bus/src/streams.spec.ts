import { EVENT_CHANNELS, type EventChannel } from '@sluice/contracts';
import { expect, it } from 'vitest';
import { BUCKETS, STREAMS } from './streams.js';

it.each(Object.entries<EventChannel>(EVENT_CHANNELS).filter(([, { stream }]) => stream !== null))(
  'the channel %s of the contracts is kept by the stream that it names',
  (_, { stream, subjects }) => {
    const kept: Record<string, { readonly subjects: readonly string[] }> = { ...STREAMS, ...BUCKETS };
    expect(kept[String(stream)]?.subjects).toEqual([subjects]);
  },
);
