import { writeFileSync } from 'node:fs';
import { toAsyncapiText } from './to-asyncapi.js';

writeFileSync(new URL('../../../docs/asyncapi.yaml', import.meta.url), toAsyncapiText());
process.stdout.write('docs/asyncapi.yaml is written\n');
