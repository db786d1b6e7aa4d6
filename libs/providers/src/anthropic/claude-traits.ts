// What a model of Anthropic's can take, by its name. Kinds of request that a model refuses are translated
// into what it understands; a new generation is one row.

/** What a request to a model may hold. */
export interface ClaudeTraits {
  /** `both`: temperature and top_p; `one`: either; `none`: newer models refuse all but the default. */
  readonly sampling: 'both' | 'one' | 'none';
  /** `budget`: tokens to think with; `adaptive`: an effort, the model decides. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Whether `output_config.format` and `strict` tools are understood; else an answer tool is forced. */
  readonly structured: boolean;
  /** Efforts beyond `high` that are understood. */
  readonly efforts: readonly ('xhigh' | 'max')[];
}

/** Generations, newest first: the first row whose version is not above the model's own. */
const GENERATIONS: readonly (readonly [version: number, traits: ClaudeTraits])[] = [
  [407, { sampling: 'none', thinking: 'adaptive', structured: true, efforts: ['xhigh', 'max'] }],
  [406, { sampling: 'one', thinking: 'adaptive', structured: true, efforts: ['max'] }],
  [401, { sampling: 'one', thinking: 'budget', structured: true, efforts: [] }],
  [400, { sampling: 'one', thinking: 'budget', structured: false, efforts: [] }],
  [307, { sampling: 'both', thinking: 'budget', structured: false, efforts: [] }],
  [0, { sampling: 'both', thinking: 'none', structured: false, efforts: [] }],
];

/** Others serve this dialect too (DeepSeek, Moonshot, …): the oldest things that are widely understood. */
const NOT_CLAUDE: ClaudeTraits = { sampling: 'both', thinking: 'budget', structured: false, efforts: [] };

/** `claude-3-5-sonnet-20240620`, `claude-opus-4-6`, `claude-opus-4.6`, `claude-fable-5`: dates have eight digits. */
const VERSION = /(?:^|[^\d])(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/;

/** What the model of this name can take. A Claude without a version is taken for the newest. */
export function claudeTraits(model: string): ClaudeTraits {
  const start = model.toLowerCase().lastIndexOf('claude');
  if (start < 0) return NOT_CLAUDE;
  const match = VERSION.exec(model.slice(start));
  const version = match === null ? Infinity : Number(match[1]) * 100 + Number(match[2] ?? 0);
  return GENERATIONS.find(([from]) => version >= from)?.[1] ?? NOT_CLAUDE;
}
