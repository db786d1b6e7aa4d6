/** What the suites of cut streams read of the environment. */
export interface StreamCutConfig {
  /** Folder of recorded exchanges; undefined: only our own streams. */
  readonly casesFolder: string | undefined;
  /** `SLUICE_VERIFY_STREAM_CUT=all`: every offset of every stream, over sockets too; takes most of an hour. */
  readonly isAll: boolean;
}

export const readStreamCutConfig = (env: NodeJS.ProcessEnv): StreamCutConfig => ({
  casesFolder: env['SLUICE_CASES'],
  isAll: env['SLUICE_VERIFY_STREAM_CUT'] === 'all',
});
