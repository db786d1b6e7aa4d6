// What the containers of docker-compose.yml run. Each command loads only what it needs.
const USAGE = `Usage: main.js secrets | init | run <app>
  secrets      makes what is missing of all passwords and secrets, and gives each container its own
  init         brings database, streams and durables up to date
  run <app>    a service; NATS_URL_FILE, DATABASE_URL_FILE and REDIS_URL_FILE name files that hold the addresses
`;

const [command, argument] = process.argv.slice(2);
try {
  if (command === 'run') {
    const { runService } = await import('./run-service.js');
    await runService(argument ?? '', process.env);
  } else if (command === 'secrets') {
    const { runSecrets } = await import('./run-secrets.js');
    runSecrets(process.env, (line) => process.stdout.write(`${line}\n`));
  } else if (command === 'init') {
    const { runInit } = await import('./run-init.js');
    await runInit(process.env, (line) => process.stdout.write(`${line}\n`));
  } else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  // The messages of what is called here are for people and show no secret.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
