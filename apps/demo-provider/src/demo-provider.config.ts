import { logLevelVar, parseEnv, portVar } from '@sluice/config-schema';
import { z } from 'zod';

const environmentSchema = z.object({
  DEMO_PROVIDER_HOST: z.string().default('127.0.0.1'),
  DEMO_PROVIDER_PORT: portVar(8099),
  DEMO_PROVIDER_OPS_HOST: z.string().default('127.0.0.1'),
  DEMO_PROVIDER_OPS_PORT: portVar(9199),
  SLUICE_DATA_DIR: z.string().default('.data'),
  LOG_LEVEL: logLevelVar,
});

/** What the demo provider reads of its environment. */
export interface DemoProviderConfig {
  readonly host: string;
  readonly port: number;
  readonly opsHost: string;
  readonly opsPort: number;
  /** The ledger lives in `demo-provider/` below it. */
  readonly dataDir: string;
  readonly logLevel: string;
}

/** Reads the environment once. Throws EnvironmentError with every variable that cannot be used. */
export function readDemoProviderConfig(environment: NodeJS.ProcessEnv = process.env): DemoProviderConfig {
  const env = parseEnv(environmentSchema, environment);
  return Object.freeze({
    host: env.DEMO_PROVIDER_HOST,
    port: env.DEMO_PROVIDER_PORT,
    opsHost: env.DEMO_PROVIDER_OPS_HOST,
    opsPort: env.DEMO_PROVIDER_OPS_PORT,
    dataDir: env.SLUICE_DATA_DIR,
    logLevel: env.LOG_LEVEL,
  });
}
