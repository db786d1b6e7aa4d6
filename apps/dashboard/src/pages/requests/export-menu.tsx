import { Menu } from '@base-ui/react/menu';
import type { ReactElement } from 'react';
import { apiUrl } from '../../api/api-client.js';
import { type RequestFilters, toApiSearch } from '../../api/request-filters.js';
import { buttonClass } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import popup from '../../ui/popup.module.css';

const FORMATS = [
  { format: 'csv', label: 'CSV', hint: 'for spreadsheets' },
  { format: 'jsonl', label: 'JSON Lines', hint: 'for programs' },
] as const;

/** Downloads what the filters find, all pages of it. */
export function ExportMenu({ filters }: { readonly filters: RequestFilters }): ReactElement {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={buttonClass('outline')}>
        <Icon name="download" size={15} />
        Export
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className={popup['positioner']}>
          <Menu.Popup className={popup['popup']}>
            {FORMATS.map(({ format, label, hint }) => (
              <Menu.LinkItem
                key={format}
                className={popup['item']}
                href={exportUrl(filters, format)}
                download=""
                closeOnClick
              >
                {label}
                <span className={popup['label']}>{hint}</span>
              </Menu.LinkItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function exportUrl(filters: RequestFilters, format: string): string {
  const search = toApiSearch(filters, new Date());
  search.set('format', format);
  return apiUrl('/api/export/requests', search);
}
