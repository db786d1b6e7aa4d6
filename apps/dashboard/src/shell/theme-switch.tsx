import type { ReactElement } from 'react';
import { Icon, type IconName } from '../ui/icon.js';
import { chooseTheme, type Theme, THEMES, useTheme } from './theme.js';
import styles from './theme-switch.module.css';

const LOOKS: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  system: { icon: 'system', label: 'Theme of the system' },
  light: { icon: 'sun', label: 'Light theme' },
  dark: { icon: 'moon', label: 'Dark theme' },
};

/** System, light or dark. */
export function ThemeSwitch(): ReactElement {
  const chosen = useTheme();
  return (
    <fieldset className={styles['switch']}>
      <legend className="only-read-aloud">Theme</legend>
      {THEMES.map((theme) => (
        <label key={theme} className={styles['option']} title={LOOKS[theme].label}>
          <input
            type="radio"
            name="theme"
            className={styles['input']}
            checked={theme === chosen}
            onChange={() => chooseTheme(theme)}
            aria-label={LOOKS[theme].label}
          />
          <Icon name={LOOKS[theme].icon} size={15} />
        </label>
      ))}
    </fieldset>
  );
}
