/** The oldest major version of Node that runs Sluice. */
export const OLDEST_NODE_MAJOR = 24;

/** Ends the process with one clear sentence when Node is too old. Call it first thing in a main file. */
export function checkNodeVersion(version: string = process.versions.node): void {
  const problem = nodeVersionProblem(version);
  if (problem === undefined) return;
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

/** The sentence for a version that is too old, else undefined. */
export function nodeVersionProblem(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= OLDEST_NODE_MAJOR) return undefined;
  return (
    `Sluice needs Node ${OLDEST_NODE_MAJOR} or newer and this is Node ${version}. ` +
    'Run it by its npm scripts ("npm start"): they use the Node that "npm ci" has installed.'
  );
}
