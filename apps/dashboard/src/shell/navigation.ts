import type { IconName } from '../ui/icon.js';

/** The menu, top to bottom. */
export const PAGES: readonly { readonly path: string; readonly label: string; readonly icon: IconName }[] = [
  { path: '/', label: 'Overview', icon: 'overview' },
  { path: '/requests', label: 'Requests', icon: 'requests' },
];
