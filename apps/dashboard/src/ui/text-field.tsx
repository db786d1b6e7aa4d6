import { useId, type ComponentProps, type ReactElement } from 'react';
import styles from './text-field.module.css';

/** A labelled line of text. */
export function TextField({
  label,
  ...input
}: ComponentProps<'input'> & { readonly label: string }): ReactElement {
  const id = useId();
  return (
    <div className={styles['field']}>
      <label htmlFor={id} className={styles['label']}>
        {label}
      </label>
      <input type="text" spellCheck={false} {...input} id={id} className={styles['input']} />
    </div>
  );
}
