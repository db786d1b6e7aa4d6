import { type ParameterProblem, REQUEST_OUTCOMES } from '@sluice/contracts';
import { ALL_TEAMS, type RequestLogFilter, type TeamScope } from '@sluice/storage';
import { EXPORT_FORMATS, type ExportFormatName } from './formats/index.js';
import { ProblemError } from './problem.js';

/** A checked query. */
export interface ExportQuery {
  readonly format: ExportFormatName;
  /** `to` is always set, so that an export ends while requests go on. */
  readonly filter: RequestLogFilter & { readonly to: Date };
}

const FORMATS = Object.keys(EXPORT_FORMATS);
const LABELS = {
  model: 'requestedModel',
  provider: 'provider',
  key: 'keyId',
  team: 'teamId',
  requestId: 'requestId',
} as const;
const PARAMETERS = ['format', 'from', 'to', ...Object.keys(LABELS), 'outcome'];
const TIME_ALLOWED =
  'a date (2026-11-22, midnight UTC) or a time with its zone (2026-11-22T10:00:00Z), years 2000 to 9999; from before to';
const LABEL_ALLOWED = 'text of 1 to 256 characters';
const LONGEST_LABEL = 256;
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;
const OLDEST_MS = Date.UTC(2000);

/**
 * Reads `format` (required), `from` (default: the oldest there is), `to` (default: now), `model`, `provider`, `key`,
 * `team`, `requestId`, `outcome`. Throws ProblemError 400 that lists every parameter at fault and what is allowed.
 */
export function readExportQuery(search: URLSearchParams, now: Date): ExportQuery {
  const reader = new QueryReader(search);
  const format = reader.oneOf('format', FORMATS);
  if (!search.has('format')) reader.fail('format', 'is missing', FORMATS);
  const from = reader.time('from');
  const to = reader.time('to') ?? now;
  if (from !== undefined && from >= to) reader.fail('from', 'is not before to (default: now)', TIME_ALLOWED);
  const labels = Object.entries(LABELS).flatMap(([parameter, field]) => {
    const value = reader.label(parameter);
    return value === undefined ? [] : [[field, value] as const];
  });
  const outcome = reader.oneOf('outcome', REQUEST_OUTCOMES);
  reader.throwIfWrong();
  return {
    // One of FORMATS, which are the keys; it is there, or the line above had thrown.
    format: format as ExportFormatName,
    filter: {
      to,
      ...(from === undefined ? {} : { from }),
      ...(outcome === undefined ? {} : { outcome }),
      // The fields are those of LABELS.
      ...(Object.fromEntries(labels) as Pick<RequestLogFilter, (typeof LABELS)[keyof typeof LABELS]>),
    },
  };
}

/**
 * Whose rows the caller may see, from `x-sluice-teams`: percent-encoded team ids with commas between. This service is
 * internal: who calls without the header, as an operator on the machine does, sees all; admin-api always sends it for
 * people who may not.
 */
export function readTeamScope(header: string | string[] | undefined): TeamScope {
  if (header === undefined) return ALL_TEAMS;
  try {
    const ids = String(header)
      .split(',')
      .map((part) => decodeURIComponent(part.trim()))
      .filter((id) => id !== '');
    if (!ids.some((id) => id.includes('\0'))) return { kind: 'teams', teamIds: ids };
  } catch {
    // Not percent-encoded: refused below.
  }
  throw new ProblemError('bad-request', 'The header x-sluice-teams is a list of percent-encoded team ids.');
}

class QueryReader {
  private readonly problems: ParameterProblem[] = [];

  constructor(private readonly search: URLSearchParams) {
    for (const name of new Set(search.keys())) {
      if (!PARAMETERS.includes(name))
        this.fail(name.slice(0, 64), 'is not a parameter of exports', PARAMETERS);
      else if (search.getAll(name).length > 1) this.fail(name, 'is given more than once', 'one value');
    }
  }

  oneOf(name: string, allowed: readonly string[]): string | undefined {
    const value = this.search.get(name);
    if (value === null) return undefined;
    if (!allowed.includes(value)) this.fail(name, 'is none of those allowed', allowed);
    return value;
  }

  label(name: string): string | undefined {
    const value = this.search.get(name);
    if (value === null) return undefined;
    if (value === '' || value.length > LONGEST_LABEL || value.includes('\0')) {
      this.fail(name, 'is empty, too long, or holds a NUL', LABEL_ALLOWED);
    }
    return value;
  }

  time(name: string): Date | undefined {
    const value = this.search.get(name);
    if (value === null) return undefined;
    const date = new Date(TIME.test(value) ? value : Number.NaN);
    // Date rolls the 30th of February over to March, so the day has to come out as it went in.
    const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
    const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value.slice(0, 10));
    if (Number.isNaN(date.getTime()) || !isDay || date.getTime() < OLDEST_MS) {
      this.fail(name, 'is not a time', TIME_ALLOWED);
      return undefined;
    }
    return date;
  }

  fail(parameter: string, detail: string, allowed: string | readonly string[]): void {
    this.problems.push({ parameter, detail, allowed });
  }

  throwIfWrong(): void {
    if (this.problems.length === 0) return;
    const text = this.problems.map(
      ({ parameter, detail, allowed }) =>
        `${parameter} ${detail}; allowed: ${typeof allowed === 'string' ? allowed : allowed.join(', ')}`,
    );
    throw new ProblemError('invalid-query', `${text.join('. ')}.`, { errors: this.problems });
  }
}
