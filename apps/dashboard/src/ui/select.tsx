import { Select as Base } from '@base-ui/react/select';
import type { ReactElement } from 'react';
import { Icon } from './icon.js';
import { joinClasses } from './join-classes.js';
import popup from './popup.module.css';
import styles from './select.module.css';

export interface SelectOption<T extends string> {
  readonly value: T;
  readonly label: string;
}
export interface SelectProps<T extends string> {
  /** Read aloud: what is chosen here. */
  readonly label: string;
  readonly options: readonly SelectOption<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly className?: string | undefined;
}

/** One of many, in a list that opens. */
export function Select<T extends string>({
  label,
  options,
  value,
  onChange,
  className,
}: SelectProps<T>): ReactElement {
  return (
    <Base.Root
      items={options}
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
      modal={false}
    >
      <Base.Trigger className={joinClasses(styles['trigger'], className)} aria-label={label}>
        <Base.Value />
        <Base.Icon className={styles['icon']}>
          <Icon name="chevron-down" size={14} />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className={popup['positioner']}>
          <Base.Popup className={popup['popup']}>
            <Base.List>
              {options.map((option) => (
                <Base.Item key={option.value} value={option.value} className={popup['item']}>
                  <Base.ItemText>{option.label}</Base.ItemText>
                  <Base.ItemIndicator className={popup['mark']}>
                    <Icon name="check" size={14} />
                  </Base.ItemIndicator>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
