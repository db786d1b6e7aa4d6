// Line icons on a 16 px grid, drawn with the text's colour. They decorate: the text beside them says it.
import type { ReactElement } from 'react';

const PATHS = {
  overview: 'M2.5 9.5v4M6.2 6v7.5M9.8 8v5.5M13.5 2.5v11',
  requests: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  sun: 'M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9M5.2 8a2.8 2.8 0 1 0 5.6 0 2.8 2.8 0 1 0-5.6 0',
  moon: 'M13.5 9.3A5.8 5.8 0 0 1 6.7 2.5a5.8 5.8 0 1 0 6.8 6.8Z',
  system: 'M2.5 3h11v7.5h-11ZM6 13.5h4M8 10.5v3',
  'sign-out': 'M6.5 13.5h-3a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h3M10.5 11l3-3-3-3M13.5 8h-7',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3l3.2 3.2',
  refresh: 'M13 3v3.2H9.8M13 6.2A5.4 5.4 0 1 0 13.4 8.6',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.8 13.3h10.4',
  'chevron-down': 'M4.5 6.3L8 9.8l3.5-3.5',
  'chevron-left': 'M9.8 4.5L6.3 8l3.5 3.5',
  'chevron-right': 'M6.3 4.5L9.8 8l-3.5 3.5',
  'arrow-left': 'M13 8H3M6.8 4.2L3 8l3.8 3.8',
  alert: 'M8 2.3l6.2 11H1.8ZM8 6.5v3.2M8 11.5v.1',
  inbox: 'M2.5 9.5l1.7-6.2h7.6l1.7 6.2v3.2h-11ZM2.5 9.5h3.3l.8 1.5h2.8l.8-1.5h3.3',
  filter: 'M2.5 4h11M4.8 8h6.4M6.8 12h2.4',
  play: 'M5 3.2v9.6L12.6 8Z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  bolt: 'M8.8 1.8L3.5 9h4l-.6 5.2L12.4 7h-4Z',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  command:
    'M6 6h4v4H6ZM6 6H4.4A1.7 1.7 0 1 1 6 4.4ZM10 6V4.4A1.7 1.7 0 1 1 11.6 6ZM10 10h1.6a1.7 1.7 0 1 1-1.6 1.6ZM6 10v1.6A1.7 1.7 0 1 1 4.4 10Z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
