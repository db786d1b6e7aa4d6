export { URL_VARIABLE } from './external-server.js';
export { freePort, isPortFree } from './free-port.js';
export { isAlive, processIdentity } from './process-identity.js';
export {
  forgetProcess,
  planReap,
  type ProcessRecord,
  readProcessRecords,
  reapProcesses,
  recordProcess,
} from './process-record.js';
export { removePostgresData } from './postgres-folder.js';
export {
  type PrivateServer,
  type PrivateServerName,
  PrivateServiceError,
  type ServerExit,
  type StartServerOptions,
} from './private-server.js';
export { probeOnce, probeUntilReady } from './probes.js';
export { readSmallFile, writeSmallFile } from './remembered.js';
export { describeExit, endChild, openLog, readTail } from './server-process.js';
export { findNatsServer, startNats, type StartNatsOptions } from './start-nats.js';
export { startPostgres, type StartPostgresOptions } from './start-postgres.js';
export {
  type PrivateServices,
  START_SERVER,
  startPrivateServices,
  type StartPrivateServicesOptions,
} from './start-private-services.js';
export { findRedisServer, startRedis } from './start-redis.js';
