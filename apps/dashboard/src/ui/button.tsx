import type { ComponentProps, ReactElement } from 'react';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.js';
import { joinClasses } from './join-classes.js';

export type ButtonLook = 'solid' | 'outline' | 'quiet';

/** Class of anything that looks like a button, links included. */
export function buttonClass(look: ButtonLook, isIconOnly = false): string {
  return joinClasses(styles['button'], styles[look], isIconOnly && styles['iconOnly']);
}

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: ButtonLook;
  readonly icon?: IconName;
}

export function Button({ look = 'outline', icon, children, className, ...rest }: ButtonProps): ReactElement {
  return (
    <button type="button" {...rest} className={joinClasses(buttonClass(look), className)}>
      {icon !== undefined && <Icon name={icon} size={15} />}
      {children}
    </button>
  );
}

/** A button that shows an icon alone; the label is read aloud and shown on hover. */
export function IconButton({
  icon,
  label,
  look = 'quiet',
  className,
  ...rest
}: Omit<ButtonProps, 'children'> & { readonly icon: IconName; readonly label: string }): ReactElement {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={joinClasses(buttonClass(look, true), className)}
    >
      <Icon name={icon} />
    </button>
  );
}
