/** Whose rows a caller may read. Every reading repository takes one. */
export type TeamScope =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'teams';
      /** May be empty: then nothing is seen. */
      readonly teamIds: readonly string[];
    };

/** For roles that see every team, and for the system itself. */
export const ALL_TEAMS: TeamScope = Object.freeze({ kind: 'all' });
