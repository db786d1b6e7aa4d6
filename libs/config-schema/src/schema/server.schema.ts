import { z } from 'zod';
import { leaf, list, section } from './leaf.js';
import { timer, period } from './duration.schema.js';
import { number, text, whole } from './values.schema.js';

const addressOrRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
const HOST = /^(?:[A-Za-z0-9_.:-]|\[|\]){1,253}$/;
// One process per core is the most that helps; machines have fewer than this.
const MAX_WORKERS = 128;

const workers = leaf<number | 'auto'>({
  want: `"auto" or a whole number from 1 to ${MAX_WORKERS}`,
  example: 'auto',
  read: (value, referenced) => {
    if (value === 'auto') return { ok: true, value };
    const count = referenced && typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value;
    if (typeof count === 'string') return { ok: false, why: 'another text' };
    if (typeof count !== 'number') return { ok: false };
    const fits = Number.isInteger(count) && count >= 1 && count <= MAX_WORKERS;
    return fits ? { ok: true, value: count } : { ok: false, why: 'a number outside of that' };
  },
  unresolved: () => undefined,
});

const origin = text({
  want: 'an origin (scheme, host and port only) or "*"',
  example: '"https://app.example.com"',
  check: (value) => {
    if (value === '*') return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
    return isWeb && url.origin === value.toLowerCase()
      ? undefined
      : 'text that is no origin (no path, no "/" at the end)';
  },
});

const corsSchema = section({
  origins: list('origins', origin, { nonEmpty: true }),
  maxAge: period('10m', { zero: true }).default(600_000),
});

/** `server`: where the edge listens and how it stops. */
export const serverSchema = section({
  host: text({
    want: 'an address or host name to listen on',
    example: '127.0.0.1',
    check: (value) => (HOST.test(value) ? undefined : 'text that is neither'),
  }).default('0.0.0.0'),
  // 0: any free port.
  port: whole({ min: 0, max: 65_535, example: 8080 }).default(8080),
  maxRequestBodyMb: number({ min: 0, aboveMin: true, max: 1024, example: 20 }).default(20),
  shutdownGrace: timer('120s', { zero: true }).default(120_000),
  workers: workers.default(1),
  maxConcurrency: whole({ min: 1, max: 1_000_000, example: 1000 }).optional(),
  trustedProxies: list(
    'addresses or ranges',
    text({
      want: 'an IP address or a range of them',
      example: '10.0.0.0/8',
      check: (value) => (addressOrRange.safeParse(value).success ? undefined : 'text that is neither'),
    }),
  ).default([]),
  cors: corsSchema.optional(),
});
