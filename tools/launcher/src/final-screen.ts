import type { StartFile } from './start-file.js';

/** What the screen shows beside the start file. */
export interface FinalScreenInput {
  readonly start: StartFile;
  /** First model of the config; undefined when the config has none or cannot be read. */
  readonly firstModel: string | undefined;
  readonly configFile: string;
  readonly startFile: string;
  readonly logsDir: string;
  /** True: nobody has seen the admin's password yet. It is shown this once. */
  readonly isAdminPasswordNew: boolean;
  readonly seconds: number;
}

/** The one screen at the end: addresses, the key, one request to paste, where the logs are. */
export function finalScreen(input: FinalScreenInput): string {
  const { start } = input;
  const authorization = `-H "authorization: Bearer ${start.apiKey}"`;
  // One line: it is pasted into a shell, or cut out by a program.
  const curl =
    input.firstModel === undefined
      ? `curl ${start.edgeUrl}/v1/models ${authorization}`
      : `curl ${start.edgeUrl}/v1/chat/completions ${authorization} -H "content-type: application/json" -d '${requestBody(input.firstModel)}'`;
  return [
    '',
    `Sluice is ready (${input.seconds.toFixed(1)} s).`,
    '',
    `  Data plane   ${start.edgeUrls.join('  ')}`,
    `  API key      ${start.apiKey}`,
    `  Dashboard    ${start.adminUrl}   sign in as ${start.adminUser}, password ${password(input)}`,
    `  Ops          ${Object.values(start.opsUrls).flat().join('  ')}`,
    `  Config       ${input.configFile}`,
    `  Logs         ${input.logsDir}`,
    `  All of this  ${input.startFile}`,
    '',
    'Try it:',
    '',
    `  ${curl}`,
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

function password({ isAdminPasswordNew, start, startFile }: FinalScreenInput): string {
  return isAdminPasswordNew ? `${start.adminPassword} (shown this once)` : `as before, see ${startFile}`;
}

/** A single quote of the model's name must not end the shell's. */
function requestBody(model: string): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
  return body.replaceAll("'", String.raw`'\''`);
}
