// docker-compose.yml as data, as far as the checks look at it.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const condition = z.object({ condition: z.string() });

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  init: z.boolean().optional(),
  privileged: z.boolean().optional(),
  container_name: z.string().optional(),
  network_mode: z.string().optional(),
  networks: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).default({}),
  depends_on: z.record(z.string(), condition).default({}),
  healthcheck: z.object({ test: z.array(z.string()), interval: z.string() }).optional(),
  restart: z.string(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  cpus: z.number().optional(),
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  stop_grace_period: z.string().optional(),
});

const composeSchema = z.object({
  name: z.string().optional(),
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.null()),
});

/** One service. */
export type ComposeService = z.output<typeof serviceSchema>;
/** The file. */
export type ComposeFile = z.output<typeof composeSchema>;

/** Reads and checks the shape; merge keys are resolved. @throws ZodError, YAMLParseError */
export function readComposeFile(path: string): ComposeFile {
  return composeSchema.parse(parse(readFileSync(path, 'utf8'), { merge: true }));
}

/** Services that end by themselves. */
export const ONE_SHOTS: readonly string[] = ['secrets', 'init'];
