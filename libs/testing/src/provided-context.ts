// What the medium project's global setup hands to the test files.
import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** libpq URL of a server on which databases may be made. */
    databaseServerUrl: string;
  }
}
