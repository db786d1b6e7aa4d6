import { maskSecrets } from '../secret-mask.js';

/** What a dependency's check says at this moment. */
export interface DependencyState {
  readonly ok: boolean;
  /** One sentence for an operator, without credentials. */
  readonly detail?: string;
  /** True: the service is not ready while this one is not ok. Else it is only shown. */
  readonly required?: boolean;
}

/** Answers at once from what it knows; it must not wait for the dependency. */
export type DependencyCheck = () => DependencyState;

/** The answer of `/readyz`. */
export interface Readiness {
  readonly ready: boolean;
  readonly dependencies: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

/** Who may take traffic: serving, and every required dependency ok. */
export class HealthRegistry {
  private readonly checks = new Map<string, DependencyCheck>();
  private serving = false;

  /** Adds or replaces the check of one dependency. */
  add(name: string, check: DependencyCheck): void {
    this.checks.set(name, check);
  }

  /** False until called with true; set it to false first thing at shutdown. */
  setServing(serving: boolean): void {
    this.serving = serving;
  }

  /** Asks every check once. A check that throws counts as not ok and required. Never throws. */
  readiness(): Readiness {
    const entries = [...this.checks].map(([name, check]) => ({ name, ...run(check) }));
    return {
      ready: this.serving && entries.every((entry) => entry.ok || entry.required !== true),
      dependencies: Object.fromEntries(
        entries.map(({ name, ok, detail }) => [
          name,
          { ok, ...(detail === undefined ? {} : { detail: maskSecrets(detail) }) },
        ]),
      ),
    };
  }
}

function run(check: DependencyCheck): DependencyState {
  try {
    return check();
  } catch (error) {
    return { ok: false, required: true, detail: error instanceof Error ? error.message : 'check failed' };
  }
}
