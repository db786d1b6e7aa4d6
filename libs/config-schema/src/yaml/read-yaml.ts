// In: the text of the file. Out: plain values with references resolved, where each of them stands, and what is wrong
// with the YAML itself.
import { isScalar, parseDocument, type Document } from 'yaml';
import type { Finding } from './finding.js';
import { indexLines, type TextPlace } from './line-index.js';
import { isPlainMap, type PlainMap } from './plain-value.js';
import { YAML_ERROR_MESSAGES } from './yaml-error-messages.js';
import { type Place, YamlWalk, type YamlWalkOptions } from './yaml-walk.js';

/** The file as plain values. */
export interface YamlTree {
  /** Undefined when the text is not YAML enough to be judged any further. */
  readonly value: PlainMap | undefined;
  readonly root: Place;
  readonly findings: readonly Finding[];
  /** 1-based line and column of an offset, always inside the text. */
  readonly placeAt: (offset: number) => TextPlace;
}

// 10,000 keys of 200 bytes fit twice; a larger text is the wrong file.
const MAX_TEXT_CHARACTERS = 4 * 1024 * 1024;
const MAX_SYNTAX_FINDINGS = 20;
const REFERENCE_HINT = 'inside { } and [ ] a reference needs quotes: write "${NAME}"';
// Outside of quotes, up to the place of the mistake.
const BARE_REFERENCE = /[\s:,[{]\$\{[^}"']{0,200}$/;
// These leave the rest of the document readable, so that its other mistakes can be listed too.
const HARMLESS_CODES: ReadonlySet<string> = new Set([
  'MULTIPLE_DOCS',
  'NON_STRING_KEY',
  'TAG_RESOLVE_FAILED',
]);

const NOWHERE: Place = { keyOffset: 0, valueOffset: 0, children: new Map() };

/** Reads the text. Never throws. */
export function readYaml(text: string, options: YamlWalkOptions): YamlTree {
  const placeAt = indexLines(text);
  const stop = (findings: readonly Finding[]): YamlTree => ({
    value: undefined,
    root: NOWHERE,
    findings,
    placeAt,
  });

  const document = parseText(text);
  if (typeof document === 'string') return stop([fileFinding(document)]);
  const syntax = syntaxFindings(document, text);
  if (syntax.some(({ fatal }) => fatal)) return stop(syntax);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return stop([
      ...syntax,
      fileFinding('is empty: it needs at least the sections "providers" and "models"'),
    ]);
  }
  const walk = new YamlWalk(options);
  const root = walk.read(contents, { path: [], keyOffset: 0, depth: 0 });
  const findings = [...syntax, ...walk.findings];
  if (!isPlainMap(root.value)) {
    const message = 'must be a map of sections such as "providers:" and "models:" at its top level';
    return stop([...findings, fileFinding(message, root.place.valueOffset)]);
  }
  return { value: root.value, root: root.place, findings, placeAt };
}

/** The document, or why there is none. */
function parseText(text: string): Document.Parsed | string {
  if (text.length > MAX_TEXT_CHARACTERS) return 'is larger than 4 MiB: this is no Sluice config';
  try {
    return parseDocument(text, {
      // Pretty errors quote the file's text.
      prettyErrors: false,
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      // The walk reports them with their path.
      uniqueKeys: false,
      // 'silent' would also hide that there is a second document.
      logLevel: 'error',
    });
  } catch {
    // A parser that gives up (deep nesting overflows its stack) says nothing that is safe to repeat.
    return 'cannot be read as YAML: it is nested too deeply or damaged';
  }
}

function fileFinding(message: string, offset = 0): Finding {
  return { path: [], message, offset };
}

interface SyntaxFinding extends Finding {
  /** What follows in the file cannot be judged. */
  readonly fatal: boolean;
}

function syntaxFindings(document: Document.Parsed, text: string): readonly SyntaxFinding[] {
  // One broken place makes the parser stumble over all that follows: the first of a kind and line says it.
  const seen = new Set<string>();
  const findings: SyntaxFinding[] = [];
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
    const id = code === 'UNEXPECTED_TOKEN' ? code : `${code} ${lineStart}`;
    if (seen.has(id) || seen.size >= MAX_SYNTAX_FINDINGS) continue;
    seen.add(id);
    const isBareReference = BARE_REFERENCE.test(text.slice(lineStart, pos[0] + 1));
    const message = `is not correct YAML: ${isBareReference ? REFERENCE_HINT : YAML_ERROR_MESSAGES[code]}`;
    findings.push({ path: [], message, offset: pos[0], fatal: !HARMLESS_CODES.has(code) });
  }
  return findings;
}
