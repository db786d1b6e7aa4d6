import type { ErrorCode } from 'yaml';

/**
 * Our own sentence for each mistake the YAML parser can report. Its own messages quote the text of the file, which
 * may be a secret; a full record, so that a new code of a new version is named by the compiler.
 */
export const YAML_ERROR_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or a tag of its own: remove them',
  BAD_ALIAS: 'this alias is not written correctly: write *name, with an &name before it',
  BAD_DIRECTIVE: 'this %directive is not understood: remove the line',
  BAD_DQ_ESCAPE: 'unknown escape in double quotes: double the backslash, or use single quotes',
  BAD_INDENT:
    'the indentation does not fit, or a } or ] is missing: indent the entries of one map or list alike, and close what is open',
  BAD_PROP_ORDER: 'anchors and tags go before the value: move them',
  BAD_SCALAR_START: 'text cannot start with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a nested map cannot begin on this line: put it on a line of its own, or put the text in quotes',
  BLOCK_IN_FLOW: 'inside { } and [ ] only entries separated by commas are possible: rewrite this part',
  DUPLICATE_KEY: 'this key is in the map twice: remove one of them',
  IMPOSSIBLE: 'this cannot be read as YAML: rewrite the line',
  KEY_OVER_1024_CHARS: 'a key cannot be longer than 1024 characters: shorten it',
  MISSING_CHAR:
    'a character is missing here: look for an unclosed quote, { or [, a missing comma, or a missing blank after ":"',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line: look for a missing ":" or put the text in quotes',
  MULTIPLE_ANCHORS: 'a value can have only one anchor: remove one',
  MULTIPLE_DOCS: 'the file holds more than one document: remove the "---" and what follows it',
  MULTIPLE_TAGS: 'a value can have only one tag: remove one',
  NON_STRING_KEY:
    'a key must be text: write a name before the ":", in quotes if need be (inside { } a ${…} needs quotes)',
  RESOURCE_EXHAUSTION: 'this is nested too deeply or aliased too often: write it out flat',
  TAB_AS_INDENT: 'a tab cannot indent: replace it with blanks',
  TAG_RESOLVE_FAILED: 'this tag (!name) is not understood: remove it, or put the text in quotes',
  UNEXPECTED_TOKEN: 'this cannot stand here: look for a missing quote, comma, ":" or a wrong indentation',
  BAD_COLLECTION_TYPE: 'this tag (!name) does not fit its value: remove it',
};
