import type { ConfigProblem } from './gateway-config.js';

/** One line for each problem, by place: `sluice.yaml:12:5 models.gpt-4o.routes[0].provider: "provider" names no …`. */
export function formatProblems(problems: readonly ConfigProblem[], fileName: string): string {
  return [...problems]
    .sort((left, right) => left.line - right.line || left.column - right.column)
    .map(({ path, line, column, message }) => {
      const place = `${fileName}:${line}:${column}`;
      return path === '' ? `${place}: ${message}` : `${place} ${path}: ${message}`;
    })
    .join('\n');
}
