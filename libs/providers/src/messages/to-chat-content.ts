// Content blocks of Anthropic's dialect as what OpenAI's messages hold.
import { parseExactJson } from '../translate/exact-json.js';
import {
  readList,
  readText,
  requireRecord,
  requireText,
  type UnknownRecord,
} from '../translate/read-request.js';
import { toToolCallId } from '../translate/tool-call-id.js';
import { toArgumentsText } from '../translate/tool-arguments.js';
import { TranslationRefusal, wrongKind } from '../translate/translation-refusal.js';

/** The content of one message, sorted by what OpenAI keeps apart. */
export interface SortedContent {
  /** Parts of OpenAI's dialect, in order. */
  readonly parts: UnknownRecord[];
  readonly calls: UnknownRecord[];
  /** Messages of role `tool`, in order. */
  readonly results: UnknownRecord[];
}

type BlockSorter = (block: UnknownRecord, field: string, sorted: SortedContent) => void;

/** One line for each type of block. A block of a tool that a provider ran itself means nothing elsewhere. */
const BLOCKS: Readonly<Record<string, BlockSorter>> = {
  text: (block, field, sorted) => addText(requireString(block['text'], `${field}.text`), sorted),
  image: (block, field, sorted) => sorted.parts.push(toImagePart(block, field)),
  document: (block, field, sorted) => sorted.parts.push(toDocumentPart(block, field)),
  search_result: (block, field, sorted) => addText(toSearchText(block, field), sorted),
  tool_use: (block, field, sorted) => sorted.calls.push(toCall(block, field)),
  tool_result: addToolResult,
  thinking: leaveOut,
  redacted_thinking: leaveOut,
  server_tool_use: leaveOut,
  web_search_tool_result: leaveOut,
  web_fetch_tool_result: leaveOut,
  code_execution_tool_result: leaveOut,
  bash_code_execution_tool_result: leaveOut,
  text_editor_code_execution_tool_result: leaveOut,
  tool_search_tool_result: leaveOut,
};

/**
 * Sorts the content of a message.
 * @throws TranslationRefusal on a block that OpenAI's dialect cannot hold
 */
export function sortContent(content: unknown, field: string): SortedContent {
  const sorted: SortedContent = { parts: [], calls: [], results: [] };
  if (typeof content === 'string') {
    addText(content, sorted);
    return sorted;
  }
  if (!Array.isArray(content)) throw wrongKind(field, 'a string or an array of blocks', content);
  for (const [index, item] of content.entries()) {
    const at = `${field}.${index}`;
    const block = requireRecord(item, at);
    const type = requireText(block['type'], `${at}.type`);
    const sort = Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
    if (sort === undefined) {
      throw new TranslationRefusal(
        `${at}.type`,
        'names a block that the provider of this model cannot take.',
      );
    }
    sort(block, at, sorted);
  }
  return sorted;
}

/**
 * Parts as OpenAI's `content`: one text where there is nothing but text, since small servers take no lists.
 * @param joint what stands between two texts
 */
export function toChatContent(parts: readonly UnknownRecord[], joint: string): unknown {
  const isPlain = parts.every((part) => part['type'] === 'text');
  return isPlain ? parts.map((part) => part['text']).join(joint) : parts;
}

/** The texts of `system`, which is one text or a list of text blocks. @throws TranslationRefusal for anything else */
export function toSystemText(system: unknown, field: string): string {
  if (system === undefined || system === null) return '';
  const { parts, calls, results } = sortContent(system, field);
  if (calls.length > 0 || results.length > 0 || parts.some((part) => part['type'] !== 'text')) {
    throw new TranslationRefusal(field, 'must be text.');
  }
  return parts.map((part) => part['text']).join('\n\n');
}

function leaveOut(): void {
  // Thinking is never shown to another provider; the rest is of no use there.
}

function requireString(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrongKind(field, 'a string', value);
  return value;
}

function addText(text: string, sorted: SortedContent): void {
  if (text !== '') sorted.parts.push({ type: 'text', text });
}

function toImagePart(block: UnknownRecord, field: string): UnknownRecord {
  const source = requireRecord(block['source'], `${field}.source`);
  if (source['type'] === 'url') {
    return { type: 'image_url', image_url: { url: requireText(source['url'], `${field}.source.url`) } };
  }
  if (source['type'] === 'base64') return { type: 'image_url', image_url: { url: toDataUri(source, field) } };
  throw new TranslationRefusal(
    `${field}.source.type`,
    'must be "url" or "base64": the provider cannot read stored files.',
  );
}

function toDataUri(source: UnknownRecord, field: string): string {
  const mediaType = requireText(source['media_type'], `${field}.source.media_type`);
  return `data:${mediaType};base64,${requireText(source['data'], `${field}.source.data`)}`;
}

function toDocumentPart(block: UnknownRecord, field: string): UnknownRecord {
  const source = requireRecord(block['source'], `${field}.source`);
  const title = readText(block['title'], `${field}.title`);
  switch (source['type']) {
    case 'text':
      return { type: 'text', text: requireString(source['data'], `${field}.source.data`) };
    case 'content':
      return { type: 'text', text: toSystemText(source['content'], `${field}.source.content`) };
    case 'base64':
      return {
        type: 'file',
        file: { filename: title ?? 'document.pdf', file_data: toDataUri(source, field) },
      };
    default:
      throw new TranslationRefusal(
        `${field}.source.type`,
        'must be "base64", "text" or "content": the gateway fetches nothing, and the provider takes no addresses.',
      );
  }
}

function toSearchText(block: UnknownRecord, field: string): string {
  const head = [readText(block['title'], `${field}.title`), readText(block['source'], `${field}.source`)];
  return [...head, toSystemText(block['content'], `${field}.content`)].filter(Boolean).join('\n');
}

function toCall(block: UnknownRecord, field: string): UnknownRecord {
  return {
    id: toToolCallId(requireText(block['id'], `${field}.id`), 'call_'),
    type: 'function',
    function: {
      name: requireText(block['name'], `${field}.name`),
      arguments: toCallArguments(block['input'], `${field}.input`),
    },
  };
}

function toCallArguments(input: unknown, field: string): string {
  const record = requireRecord(input ?? {}, field);
  // What this gateway wrapped because it was no JSON goes back as it was.
  const raw = Object.keys(record).length === 1 ? record['raw_arguments'] : undefined;
  if (typeof raw === 'string' && parseExactJson(raw) === undefined) return raw;
  const text = toArgumentsText(record);
  if (text === null) throw new TranslationRefusal(field, 'is nested too deeply.');
  return text;
}

/** OpenAI's tool messages hold text only: images go to the user's message that follows. */
function addToolResult(block: UnknownRecord, field: string, sorted: SortedContent): void {
  const id = toToolCallId(requireText(block['tool_use_id'], `${field}.tool_use_id`), 'call_');
  const content = block['content'] ?? '';
  const inner = Array.isArray(content) ? withoutReferences(content) : content;
  const { parts, calls, results } = sortContent(inner, `${field}.content`);
  if (calls.length > 0 || results.length > 0) {
    throw new TranslationRefusal(`${field}.content`, 'must hold texts, images and documents only.');
  }
  const texts = parts.filter((part) => part['type'] === 'text').map((part) => part['text']);
  const text = texts.join('\n\n');
  const said = text === '' && block['is_error'] === true ? 'error' : text;
  sorted.results.push({ role: 'tool', tool_call_id: id, content: said });
  for (const part of parts) if (part['type'] !== 'text') sorted.parts.push(part);
}

/** Names of tools that a search found: they are in `tools` already. */
const withoutReferences = (content: readonly unknown[]): readonly unknown[] =>
  readList(content, 'content').filter(
    (item) =>
      typeof item !== 'object' || item === null || !('type' in item) || item.type !== 'tool_reference',
  );
