import { useState, type ReactElement } from 'react';
import { Link, NavLink, Outlet, useLocation } from 'react-router';
import { IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { joinClasses } from '../ui/join-classes.js';
import { AccountMenu } from './account-menu.js';
import styles from './app-shell.module.css';
import { Brand } from './brand.js';
import { PAGES } from './navigation.js';
import { ThemeSwitch } from './theme-switch.js';

const MAIN_ID = 'main';

/** The frame around every page: menu, account, theme, and the page itself. */
export function AppShell(): ReactElement {
  const { pathname } = useLocation();
  // Which address the menu was opened at: going anywhere closes it.
  const [openedAt, setOpenedAt] = useState<string | null>(null);
  const isOpen = openedAt === pathname;
  return (
    <div className={styles['shell']}>
      <a href={`#${MAIN_ID}`} className={styles['skip']}>
        Skip to content
      </a>
      <header className={styles['side']} data-open={isOpen}>
        <div className={styles['top']}>
          <Link to="/" aria-label="Sluice: overview" className={styles['home']}>
            <Brand />
          </Link>
          <IconButton
            icon={isOpen ? 'close' : 'menu'}
            label={isOpen ? 'Close menu' : 'Open menu'}
            aria-expanded={isOpen}
            className={styles['toggle']}
            onClick={() => setOpenedAt(isOpen ? null : pathname)}
          />
        </div>
        <nav aria-label="Pages" className={styles['nav']}>
          {PAGES.map(({ path, label, icon }) => (
            <NavLink
              key={path}
              to={path}
              end={path === '/'}
              className={({ isActive }) => joinClasses(styles['link'], isActive && styles['here'])}
            >
              <Icon name={icon} />
              {label}
            </NavLink>
          ))}
        </nav>
        <div className={styles['foot']}>
          <ThemeSwitch />
          <AccountMenu />
        </div>
      </header>
      <main id={MAIN_ID} tabIndex={-1} className={styles['main']}>
        <Outlet />
      </main>
    </div>
  );
}
