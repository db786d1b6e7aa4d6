// Imported before anything else. Streaming makes much short-lived garbage, and V8 by itself lets it grow to 350 MB before
// it looks. These make it look early, for half as much CPU again:
import { setFlagsFromString } from 'node:v8';

// New objects get 1 MB, for ever: `--max-semi-space-size` would say so too, but is read before this file.
setFlagsFromString('--semi-space-growth-factor=1');
// Also while old objects are marked; else new ones take up to 32 MB as long as that lasts, which is long on a busy machine.
setFlagsFromString('--no-separate-gc-phases');
// Old objects are collected after 10 % of growth.
setFlagsFromString('--heap-growing-percent=10');
