// Parts of a message's content, OpenAI's to Anthropic's.
import { parseDataUri, sniffImageType } from '../translate/data-uri.js';
import { readText, requireRecord, requireText, type UnknownRecord } from '../translate/read-request.js';
import { TranslationRefusal, wrongKind } from '../translate/translation-refusal.js';

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const WEB_ADDRESS = /^https?:\/\//i;

type PartTranslator = (part: UnknownRecord, field: string) => UnknownRecord | null;

/** One line for each type of part that can be said. */
const PARTS: Readonly<Record<string, PartTranslator>> = {
  text: (part, field) => toTextBlock(readText(part['text'], `${field}.text`) ?? '', part),
  refusal: (part, field) => toTextBlock(readText(part['refusal'], `${field}.refusal`) ?? '', part),
  image_url: toImageBlock,
  file: toDocumentBlock,
};

/**
 * A message's content as blocks; empty texts are dropped, since Anthropic refuses them.
 * @throws TranslationRefusal on a part that Anthropic cannot take
 */
export function toContentBlocks(content: unknown, field: string): UnknownRecord[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return toTexts(content);
  if (!Array.isArray(content)) throw wrongKind(field, 'a string or an array of parts', content);
  const blocks: UnknownRecord[] = [];
  for (const [index, item] of content.entries()) {
    const block = toBlock(item, `${field}[${index}]`);
    if (block !== null) blocks.push(block);
  }
  return blocks;
}

function toBlock(item: unknown, field: string): UnknownRecord | null {
  if (typeof item === 'string') return toTextBlock(item, {});
  const part = requireRecord(item, field);
  const type = requireText(part['type'], `${field}.type`);
  const translate = Object.hasOwn(PARTS, type) ? PARTS[type] : undefined;
  if (translate === undefined) {
    const known = Object.keys(PARTS).join(', ');
    throw new TranslationRefusal(
      `${field}.type`,
      `names a part that this model cannot take. It takes ${known}.`,
    );
  }
  return translate(part, field);
}

const toTexts = (text: string): UnknownRecord[] => (isBlank(text) ? [] : [{ type: 'text', text }]);

/** Whether a text is one that Anthropic refuses as empty. */
export const isBlank = (text: string): boolean => text.trim() === '';

function toTextBlock(text: string, part: UnknownRecord): UnknownRecord | null {
  return isBlank(text) ? null : { type: 'text', text, ...cacheControlOf(part) };
}

/** `cache_control` is Anthropic's own; clients that know it put it on OpenAI's parts as well. */
export function cacheControlOf(part: UnknownRecord): UnknownRecord {
  const value = part['cache_control'];
  return value === undefined || value === null ? {} : { cache_control: value };
}

function toImageBlock(part: UnknownRecord, field: string): UnknownRecord {
  const image = part['image_url'];
  const url =
    typeof image === 'string'
      ? image
      : requireText(requireRecord(image, `${field}.image_url`)['url'], `${field}.image_url.url`);
  return { type: 'image', source: toImageSource(url, `${field}.image_url.url`), ...cacheControlOf(part) };
}

function toImageSource(url: string, field: string): UnknownRecord {
  // The provider fetches web addresses itself; the gateway never does.
  if (WEB_ADDRESS.test(url)) return { type: 'url', url };
  const data = parseDataUri(url);
  if (data === null) throw new TranslationRefusal(field, 'must be an https address or a base64 data URI.');
  // The provider compares the type with the bytes, and clients often guess it.
  const mediaType = sniffImageType(data.base64) ?? data.mediaType;
  if (!IMAGE_TYPES.has(mediaType)) {
    throw new TranslationRefusal(field, `must hold an image of type ${[...IMAGE_TYPES].join(', ')}.`);
  }
  return { type: 'base64', media_type: mediaType, data: data.base64 };
}

function toDocumentBlock(part: UnknownRecord, field: string): UnknownRecord {
  const file = requireRecord(part['file'], `${field}.file`);
  const data = readText(file['file_data'], `${field}.file.file_data`);
  if (data === undefined) {
    throw new TranslationRefusal(
      `${field}.file.file_data`,
      'is missing: files kept by another provider cannot be named.',
    );
  }
  const title = readText(file['filename'], `${field}.file.filename`);
  return {
    type: 'document',
    source: toDocumentSource(data, `${field}.file.file_data`),
    ...(title === undefined || title === '' ? {} : { title }),
    ...cacheControlOf(part),
  };
}

function toDocumentSource(data: string, field: string): UnknownRecord {
  if (WEB_ADDRESS.test(data)) return { type: 'url', url: data };
  const uri = parseDataUri(data);
  const mediaType = uri?.mediaType ?? 'application/pdf';
  const base64 = uri?.base64 ?? data;
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: base64 };
  if (mediaType.startsWith('text/')) {
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(base64, 'base64').toString('utf8') };
  }
  throw new TranslationRefusal(field, 'must be a PDF or a text as a base64 data URI.');
}
