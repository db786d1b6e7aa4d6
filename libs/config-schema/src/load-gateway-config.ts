import type { z } from 'zod';
import { CONFIG_CHECKS, CONFIG_WARNINGS } from './checks/index.js';
import { findWarnings } from './find-warnings.js';
import { freezeDeep } from './freeze-deep.js';
import type { ConfigProblem, ConfigResult } from './gateway-config.js';
import { gatewayConfigSchema } from './schema/gateway-config.schema.js';
import { ALREADY_REPORTED, SENTENCE_BREAK } from './schema/leaf.js';
import { configVersionOf, toGatewayConfig } from './to-gateway-config.js';
import { type ConfigPath, fieldName, formatPath, showPath } from './yaml/config-path.js';
import type { Finding } from './yaml/finding.js';
import { readYaml, type YamlTree } from './yaml/read-yaml.js';
import type { Place } from './yaml/yaml-walk.js';

/** Where the text came from and where its references lead. */
export interface LoadGatewayConfigOptions {
  /** For messages about the whole file. */
  readonly fileName: string;
  /** Answers `${NAME}`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers `file:/path`; throws when it cannot, and the mistake then names the path. */
  readonly readFile: (path: string) => string;
  /** False: references under `providers` and `keys` stay as they are written, as only edges resolve those. */
  readonly resolveSecrets?: boolean;
}

/**
 * Reads, checks and completes a config file. All mistakes come at once, in the order of the file, each with its
 * place; no message holds a value of the file. The config is deeply frozen. Pure but for `readFile`; never throws.
 */
export function loadGatewayConfig(text: string, options: LoadGatewayConfigOptions): ConfigResult {
  const unresolved = options.resolveSecrets === false ? ['providers', 'keys'] : [];
  const tree = readYaml(text, {
    env: options.env,
    readFile: options.readFile,
    unresolvedSections: new Set(unresolved),
  });
  const file = tree.value;
  if (file === undefined) return { ok: false, problems: toProblems(tree.findings, tree) };

  const parsed = gatewayConfigSchema.safeParse(file);
  const findings = [
    ...tree.findings,
    ...(parsed.success ? [] : parsed.error.issues.flatMap(toFindings)),
    ...CONFIG_CHECKS.flatMap((check) => check(file)),
  ];
  if (!parsed.success || findings.length > 0) return { ok: false, problems: toProblems(findings, tree) };
  const config = toGatewayConfig(parsed.data, tree.root, configVersionOf(text));
  const warnings = [...findWarnings(file), ...CONFIG_WARNINGS.flatMap((check) => check(file))];
  return { ok: true, config: freezeDeep(config), warnings: toProblems(warnings, tree) };
}

/** One finding for each sentence of an issue; none for what is reported already. */
function toFindings(issue: z.core.$ZodIssue): readonly Finding[] {
  // The file's keys are text and its lists have indices: symbols cannot come up.
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const sentences = issue.message.split(SENTENCE_BREAK);
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: sentences[index] ?? 'is an unknown key: remove it',
      at: 'key' as const,
    }));
  }
  if (issue.code !== 'custom')
    return [{ path, message: 'is not what is expected here: see the reference of the config' }];
  return issue.message === ALREADY_REPORTED ? [] : [{ path, message: issue.message }];
}

function toProblems(findings: readonly Finding[], tree: YamlTree): readonly ConfigProblem[] {
  const problems = findings.map((finding) => toProblem(finding, tree));
  const seen = new Set<string>();
  const distinct = problems.filter((problem) => {
    const id = JSON.stringify(problem);
    return !seen.has(id) && seen.add(id);
  });
  return freezeDeep(distinct.sort((left, right) => left.line - right.line || left.column - right.column));
}

function toProblem(finding: Finding, tree: YamlTree): ConfigProblem {
  const offset = finding.offset ?? offsetOf(finding.path, tree.root, finding.at ?? 'value');
  const shown = showPath(finding.path);
  return {
    path: formatPath(shown),
    ...tree.placeAt(offset),
    message: `${fieldName(shown)} ${finding.message}`,
  };
}

/** The place of a path; for what is missing the place of the nearest thing around it. */
function offsetOf(path: ConfigPath, root: Place, at: 'key' | 'value'): number {
  let place = root;
  for (const segment of path) {
    const child = place.children.get(segment);
    // A missing field: the name of the map it belongs to says where.
    if (child === undefined) return place.keyOffset;
    place = child;
  }
  return at === 'key' ? place.keyOffset : place.valueOffset;
}
