// Hostile documents and events inside good HTTP.
import {
  drip,
  type EvilCase,
  type EvilKind,
  flood,
  inPieces,
  type Play,
  send,
  sendAndEnd,
} from './evil-case.js';
import {
  CHUNKED,
  chunked,
  head,
  honestBody,
  honestEvents,
  honestStart,
  LAST_CHUNK,
  withLength,
} from './honest-answers.js';

type Outcome = Omit<EvilCase, 'ask' | 'name'>;
const fails = (play: Play): Outcome => ({ outcome: 'failure', play });
const odd = (play: Play): Outcome => ({ outcome: 'any', play });

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
/** Values where none of their kind is expected. */
const STRANGE = [
  'null',
  '5',
  '-1',
  '1e999',
  '""',
  '[]',
  '{}',
  'true',
  '[null]',
  '[[]]',
  '"\\ud800"',
  '1e308',
  deep(300),
];

/** For answers that are one document. */
export const EVIL_DOCUMENTS: Readonly<Record<string, EvilKind>> = {
  'a document that is not UTF-8': (ask, dice) => {
    const bytes = Buffer.from(honestBody(ask));
    const at = bytes.indexOf('Gr') + 2;
    bytes.set(dice.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xfe]]), at);
    return fails(sendAndEnd(withLength(ask, bytes)));
  },
  'a document that is not JSON': (ask, dice) => {
    const text = honestBody(ask).toString();
    return fails(
      sendAndEnd(
        withLength(
          ask,
          dice.pick([
            '',
            ' ',
            'null',
            '5',
            '"ok"',
            '[]',
            text.slice(0, -1),
            `${text}x`,
            text + text,
            text.replace('{', "{'a':1,"),
            text.replace('"', '"\0'),
            deep(100_000),
            '{"a":'.repeat(100_000),
            `{${'"a":1,'.repeat(1_000)}}`,
          ]),
        ),
      ),
    );
  },
  'a document of the wrong kind': (ask, dice) => {
    const key = ask.provider === 'openai' ? 'choices' : 'content';
    const fields = Object.entries(JSON.parse(honestBody(ask).toString()) as object);
    const rest = JSON.stringify(Object.fromEntries(fields.filter(([name]) => name !== key))).slice(0, -1);
    return odd(sendAndEnd(withLength(ask, `${rest},"${key}":${dice.pick(STRANGE)}}`)));
  },
  'strange values in a document': (ask, dice) => {
    const text = honestBody(ask).toString();
    const values = [...text.matchAll(/:\s*("[^"]*"|\d+|null|true)/g)];
    const { index, 0: found } = dice.pick(values);
    return odd(
      sendAndEnd(
        withLength(ask, `${text.slice(0, index)}:${dice.pick(STRANGE)}${text.slice(index + found.length)}`),
      ),
    );
  },
  'a document of one deep value': (ask, dice) => {
    const text = honestBody(ask).toString();
    return odd(sendAndEnd(withLength(ask, text.replace('{', `{"x":${deep(1 + dice.whole(2_000))},`))));
  },
};

const event = (data: string): string => `data: ${data}\n\n`;

/** For answers that are streams. The `start` may hold content, so that the client has begun to read. */
export const EVIL_STREAMS: Readonly<Record<string, EvilKind>> = {
  'a line without end': (ask, dice) =>
    fails(flood(started(ask, dice.next() < 0.5), dice.pick(['x', 'data: x', 'é', ' ']).repeat(8_192))),
  'an event without end': (ask, dice) =>
    fails(flood(started(ask, dice.next() < 0.5), `data: ${'x'.repeat(dice.whole(5_000))}\n`)),
  'a huge field': (ask, dice) => {
    const field = dice.pick(['event', 'id', 'retry', '']);
    return fails(
      flood(`${started(ask, dice.next() < 0.5).toString('latin1')}${field}: `, 'y'.repeat(65_536)),
    );
  },
  'comments without end, before any content': (ask, dice) =>
    fails(dice.pick([flood(head(ask), ': ping\n\n'.repeat(500)), drip(head(ask), ': ping\n\n', 15)])),
  'events of nothing without end': (ask, dice) =>
    fails(
      flood(
        head(ask),
        dice.pick(['\n', 'data:\n\n', 'data: \n\n', 'id: 1\n\n', 'event: ping\ndata: {}\n\n']).repeat(500),
      ),
    ),
  'bytes that are not UTF-8': (ask, dice) => {
    const bad = Buffer.from(dice.pick(['ff', 'c328', 'e28228', 'eda080', 'f8888888', '80']), 'hex');
    return fails(
      send(
        started(ask, dice.next() < 0.5),
        Buffer.concat([Buffer.from('data: {"x":"'), bad, Buffer.from('"}\n\n')]),
      ),
    );
  },
  'an event that is not JSON': (ask, dice) => {
    const bad = dice.pick([
      'hello',
      '{',
      '{"a":}',
      '[1]',
      '"x"',
      '5',
      'null',
      '{"a":"\0"}',
      '{"a":1}}',
      "{'a':1}",
      'undefined',
      deep(100_000),
    ]);
    return fails(send(started(ask, dice.next() < 0.5), event(bad)));
  },
  'lines that end in CR alone': (ask) =>
    fails(sendAndEnd(head(ask), honestEvents(ask).join('').replaceAll('\n', '\r'))),
  'lines without a colon': (ask) =>
    fails(sendAndEnd(head(ask), honestEvents(ask).join('').replaceAll(': ', ' '))),
  'an end without a marker': (ask) => fails(sendAndEnd(head(ask), honestStart(ask))),
  'one byte in each packet, then a cut': (ask) =>
    fails(inPieces(Buffer.concat([Buffer.from(head(ask)), honestStart(ask)]), 1)),
  'an error among the events': (ask, dice) => {
    const body = dice.pick([
      '{"error":{"message":"secret words","code":500}}',
      '{"type":"error","error":{"type":"api_error","message":"secret words"}}',
    ]);
    return fails(send(started(ask, dice.next() < 0.5), `event: error\n${event(body)}`));
  },
};

export const ODD_STREAMS: Readonly<Record<string, EvilKind>> = {
  'strange values in events': (ask, dice) => {
    const text = honestEvents(ask).join('');
    const values = [...text.matchAll(/:\s*("[^"]*"|\d+|null|true)(?=[,}])/g)];
    const { index, 0: found } = dice.pick(values);
    const changed = `${text.slice(0, index)}:${dice.pick(STRANGE)}${text.slice(index + found.length)}`;
    return odd(sendAndEnd(head(ask), Buffer.from(changed)));
  },
  'strange numbers': (ask, dice) => {
    const number = dice.pick(['1e9', '-1', '1.5', '1e308', '999999999999999999999', '"7"']);
    const text = honestEvents(ask).join('');
    const key = dice.pick([
      'index',
      'completion_tokens',
      'output_tokens',
      'input_tokens',
      'created',
      'total_tokens',
    ]);
    return odd(
      sendAndEnd(
        head(ask),
        Buffer.from(text.replace(new RegExp(`"${key}":\\d+`, 'g'), `"${key}":${number}`)),
      ),
    );
  },
  'a byte order mark, blank lines and comments': (ask, dice) => {
    const noise = dice.pick(['\ufeff', '\n\n\n', ': c\n', ':\n\n', 'retry: 1\n\n', 'id\n\n', '\r\n']);
    return odd(
      sendAndEnd(
        head(ask),
        Buffer.from(
          honestEvents(ask)
            .map((each) => noise + each)
            .join(''),
        ),
      ),
    );
  },
  'tool calls without end': (ask, dice) => {
    const events = Array.from({ length: 3_000 }, (_, index) =>
      ask.provider === 'openai'
        ? event(
            `{"model":"x","choices":[{"index":0,"delta":{"tool_calls":[{"index":${index},"id":"c${index}","function":{"name":"f","arguments":"{"}}]}}]}`,
          )
        : `event: content_block_start\n${event(`{"type":"content_block_start","index":${index},"content_block":{"type":"tool_use","id":"t${index}","name":"f","input":{}}}`)}`,
    );
    return odd(
      inPieces(
        Buffer.concat([Buffer.from(head(ask)), Buffer.from(events.join(''))]),
        4_096 + dice.whole(60_000),
      ),
    );
  },
  'content after the end': (ask) =>
    odd(send(head(ask, CHUNKED), chunked(...honestEvents(ask), ...honestEvents(ask)), LAST_CHUNK)),
  'an end that does not end': (ask) =>
    odd(drip(Buffer.concat([Buffer.from(head(ask)), honestBody(ask)]), ': more\n\n', 20)),
  'CRLF, cut anywhere': (ask, dice) =>
    odd(
      inPieces(
        Buffer.concat([
          Buffer.from(head(ask)),
          Buffer.from(honestEvents(ask).join('').replaceAll('\n', '\r\n')),
        ]),
        1 + dice.whole(60),
      ),
    ),
};

const started = (
  ask: Parameters<typeof honestStart>[0] & { readonly stream: boolean },
  hasContent: boolean,
): Buffer => Buffer.concat([Buffer.from(head(ask)), hasContent ? honestStart(ask) : Buffer.alloc(0)]);
