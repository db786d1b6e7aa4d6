// npm start. The launcher itself is loaded after the check: on an old Node it cannot even be linked.
const OLDEST_NODE_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_MAJOR) {
  process.stderr.write(
    `Sluice needs Node ${OLDEST_NODE_MAJOR} or newer, this is ${process.versions.node}. \`npm start\` brings its own.\n`,
  );
  process.exit(1);
}
const { runLauncher } = await import('./run-launcher.js');
await runLauncher(process.argv.slice(2));
