// The conversation, Anthropic's to OpenAI's. Anthropic takes neighbours of one role as one turn; OpenAI wants all
// results of a turn's calls right after them, so here they are one as well.
import { readList, requireRecord, requireText, type UnknownRecord } from '../translate/read-request.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
import { type SortedContent, sortContent, toChatContent, toSystemText } from './to-chat-content.js';

/**
 * Translates `messages`.
 * @throws TranslationRefusal on roles and blocks that OpenAI's dialect cannot hold
 */
export function toChatTurns(value: unknown): UnknownRecord[] {
  const turns = new ChatTurns();
  for (const [index, item] of readList(value, 'messages').entries()) {
    const field = `messages.${index}`;
    const message = requireRecord(item, field);
    const role = requireText(message['role'], `${field}.role`);
    const { content } = message;
    if (role === 'system') turns.addSystem(toSystemText(content, `${field}.content`));
    else if (role === 'user' || role === 'assistant') turns.add(role, sortTurn(role, content, field));
    else throw new TranslationRefusal(`${field}.role`, 'must be one of user, assistant, system.');
  }
  return turns.finish();
}

type Role = 'user' | 'assistant';

function sortTurn(role: Role, content: unknown, field: string): SortedContent {
  const sorted = sortContent(content, `${field}.content`);
  const misplaced = role === 'user' ? sorted.calls : sorted.results;
  if (misplaced.length === 0) return sorted;
  throw new TranslationRefusal(
    `${field}.content`,
    `holds a block that a message of role ${role} cannot hold.`,
  );
}

/** Stands between the texts of two messages that become one. */
const PARTING: UnknownRecord = { type: 'text', text: '\n\n' };

/** Gathers turns, merging neighbours of one role. */
class ChatTurns {
  readonly #messages: UnknownRecord[] = [];
  #role: Role = 'user';
  #turn: SortedContent = emptyTurn();

  addSystem(content: string): void {
    this.#close();
    this.#messages.push({ role: 'system', content });
  }

  add(role: Role, { parts, calls, results }: SortedContent): void {
    // What held nothing but thinking parts nobody.
    if (parts.length + calls.length + results.length === 0) return;
    if (role !== this.#role) this.#close();
    this.#role = role;
    const turn = this.#turn;
    // A user's texts are parted anyway.
    const isParted = role === 'assistant' && isText(turn.parts.at(-1)) && isText(parts[0]);
    if (isParted) turn.parts.push(PARTING);
    append(turn.parts, parts);
    append(turn.calls, calls);
    append(turn.results, results);
  }

  finish(): UnknownRecord[] {
    this.#close();
    return this.#messages;
  }

  #close(): void {
    const { parts, calls, results } = this.#turn;
    this.#turn = emptyTurn();
    const role = this.#role;
    // Results first: they must follow the calls at once.
    append(this.#messages, results);
    if (role === 'user') {
      if (parts.length > 0) this.#messages.push({ role, content: toChatContent(parts, '\n\n') });
      return;
    }
    if (parts.length === 0 && calls.length === 0) return;
    const content = parts.length === 0 ? null : toChatContent(parts, '');
    this.#messages.push({ role, content, ...(calls.length === 0 ? {} : { tool_calls: calls }) });
  }
}

const emptyTurn = (): SortedContent => ({ parts: [], calls: [], results: [] });

/** One by one: a spread of some hundred thousand arguments overflows the stack. */
function append(list: UnknownRecord[], more: readonly UnknownRecord[]): void {
  for (const item of more) list.push(item);
}

const isText = (part: UnknownRecord | undefined): boolean => part?.['type'] === 'text';
