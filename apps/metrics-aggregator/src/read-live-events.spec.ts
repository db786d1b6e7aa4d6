import { requestCompleted, toCloudEvent } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { readLiveEvents } from './read-live-events.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('readLiveEvents', () => {
  it('reads the good ones of a batch and a single event, and leaves out the rest', () => {
    const event = requestCompleted();
    const broken = { ...event, tokens: 'none' };
    const batch = [toCloudEvent(event), toCloudEvent(broken), null, 7];
    expect(readLiveEvents(bytes(JSON.stringify(batch)))).toMatchObject([{ eventId: event.eventId }]);
    expect(readLiveEvents(bytes(JSON.stringify(toCloudEvent(event))))).toHaveLength(1);
  });

  it.each(['', '{', 'null', '"x"', '\ufffd', '[[[]]]'])('%j has no events and is no error', (text) => {
    expect(readLiveEvents(bytes(text))).toEqual([]);
  });
});
