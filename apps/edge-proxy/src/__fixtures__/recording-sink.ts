import { randomUUID } from 'node:crypto';
import { cloudEventSchema, type RequestCompleted, requestCompletedSchema } from '@sluice/contracts';
import { waitFor } from '@sluice/testing';
import type { EventSink } from '../reporting/reporter.js';

/** A record of what the edge told, in order, each event parsed by the contract's schema. */
export class RecordingSink implements EventSink {
  readonly spoolId = randomUUID();
  readonly intents: { readonly eventId: string; readonly json: string }[] = [];
  readonly events: RequestCompleted[] = [];
  readonly subjects: string[] = [];
  #sequence = 0;

  appendIntent(eventId: string, json: string, onWritten: () => void): void {
    this.intents.push({ eventId, json });
    setImmediate(onWritten);
  }

  appendRequestEvent(eventId: string, subject: string, toJson: (spoolSeq: number) => string): void {
    this.#sequence += 1;
    const envelope = cloudEventSchema.parse(JSON.parse(toJson(this.#sequence)));
    const event = requestCompletedSchema.strict().parse(envelope.data);
    if (envelope.id !== eventId || event.eventId !== eventId) throw new Error('an event under a foreign id');
    this.subjects.push(subject);
    this.events.push(event);
  }

  /** The only event so far, as soon as there is one. */
  async theEvent(): Promise<RequestCompleted> {
    await waitFor(() => this.events.length > 0, { message: 'no event came' });
    const [event] = this.events;
    if (event === undefined || this.events.length > 1) {
      throw new Error(`${this.events.length} events instead of one`);
    }
    return event;
  }
}
