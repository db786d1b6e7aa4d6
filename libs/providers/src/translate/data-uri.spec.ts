import { expect, test } from 'vitest';
import { parseDataUri, sniffImageType } from './data-uri.js';

test.each([
  ['data:image/png;base64,AAAA', { mediaType: 'image/png', base64: 'AAAA' }],
  ['DATA:Image/PNG;name=a.png;BASE64,AAAA', { mediaType: 'image/png', base64: 'AAAA' }],
  ['data:;base64,AAAA', { mediaType: '', base64: 'AAAA' }],
  ['data:text/plain,hi', null],
  ['https://example.com/data:image/png;base64,AAAA', null],
])('%s', (text, expected) => {
  expect(parseDataUri(text)).toEqual(expected);
});

test.each([
  ['\x89PNG\r\n', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['GIF89a', 'image/gif'],
  ['RIFF\x00\x00\x00\x00WEBPVP8 ', 'image/webp'],
  ['%PDF-1.7', null],
  ['', null],
])('the first bytes %j are of %s', (head, expected) => {
  expect(sniffImageType(Buffer.from(head, 'latin1').toString('base64'))).toBe(expected);
});
