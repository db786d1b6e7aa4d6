/** `SLUICE_TIMELINE_PAGE`: the page to write from what was seen; undefined: none. */
export const readTimelinePage = (env: NodeJS.ProcessEnv): string | undefined => env['SLUICE_TIMELINE_PAGE'];
