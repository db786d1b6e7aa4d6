// npm run verify:compose: builds the image, runs the whole system on a Docker engine, and says what it has proved.
import { resolve } from 'node:path';
import { ComposeProject } from './compose-project.js';
import { findDocker, NoDockerError } from './find-docker.js';
import { chooseEnvironment } from './choose-environment.js';
import type { VerifyRun } from './verify-run.js';
import { VERIFY_STEPS } from './verify-steps.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const NO_ENGINE = 2;
const isVerbose = process.argv.includes('--verbose');
const startedMs = performance.now();
const say = (line: string): void => {
  const passed = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`[${passed.padStart(6)} s] ${line}\n`);
};

try {
  const tools = await findDocker(ROOT, process.env);
  say(tools.versions);
  const project = new ComposeProject({
    tools,
    root: ROOT,
    name: `sluice-verify-${process.pid}`,
    env: await chooseEnvironment(process.env),
    ...(isVerbose ? { onOutput: (text: string) => process.stderr.write(text) } : {}),
  });
  await verify(project);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof NoDockerError ? NO_ENGINE : 1;
}

async function verify(project: ComposeProject): Promise<void> {
  const proofs: string[] = [];
  const prove = (line: string): void => {
    proofs.push(line);
    say(line);
  };
  const run: VerifyRun = { project, prove, credentials: { apiKey: '', adminPassword: '' }, answered: [] };
  // Ctrl-C takes everything down, too.
  process.once('SIGINT', () => void project.down(['-v']).finally(() => process.exit(130)));
  try {
    const buildMs = performance.now();
    await project.build();
    prove(`the image is built in ${((performance.now() - buildMs) / 1000).toFixed(0)} s`);
    for (const step of VERIFY_STEPS) await step(run);
    say(
      `${proofs.length} of ${proofs.length} proved, ${run.answered.length} requests answered, each one row`,
    );
  } finally {
    await project.down(['-v']);
    say('containers, networks and volumes are removed; the image sluice:local stays');
  }
}
