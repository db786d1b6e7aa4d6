import { Menu } from '@base-ui/react/menu';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { sessionQuery, signOut } from '../api/session.js';
import { Icon } from '../ui/icon.js';
import popup from '../ui/popup.module.css';
import styles from './account-menu.module.css';

/** Who is signed in, and the way out. */
export function AccountMenu(): ReactElement | null {
  const { data: session } = useQuery(sessionQuery);
  const leaving = useMutation({
    mutationFn: signOut,
    // A page loaded anew: nothing that was shown stays in memory.
    onSuccess: () => location.replace('/sign-in'),
  });
  if (session === undefined || session === null) return null;
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={styles['trigger']}>
        <span className={styles['initial']} aria-hidden="true">
          {session.user.slice(0, 1).toUpperCase()}
        </span>
        <span className="only-read-aloud">Account </span>
        <span className={styles['who']}>
          <span className={styles['user']}>{session.user}</span>
          <span className={styles['role']}>
            {session.role}
            {session.teams !== null && ` · ${teamsText(session.teams)}`}
          </span>
        </span>
        <Icon name="chevron-down" size={14} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} side="top" align="start" className={popup['positioner']}>
          <Menu.Popup className={popup['popup']}>
            {leaving.isError && (
              <div className={popup['label']} role="alert">
                {leaving.error.message}
              </div>
            )}
            <Menu.Item className={popup['item']} closeOnClick={false} onClick={() => leaving.mutate()}>
              <Icon name="sign-out" size={15} />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

const teamsText = (teams: readonly string[]): string =>
  teams.length === 1 ? (teams[0] ?? '') : `${String(teams.length)} teams`;
