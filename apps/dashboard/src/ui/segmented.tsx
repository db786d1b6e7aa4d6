import { useId, type ReactElement } from 'react';
import styles from './segmented.module.css';

export interface SegmentedProps<T extends string> {
  /** Read aloud: what is chosen here. */
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string; readonly title?: string }[];
  /** None is marked when it is not among the options. */
  readonly value: T | null;
  readonly onChange: (value: T) => void;
}

/** One of a few. Native radio buttons: arrow keys move, as everywhere. */
export function Segmented<T extends string>({
  label,
  options,
  value,
  onChange,
}: SegmentedProps<T>): ReactElement {
  const name = useId();
  return (
    <fieldset className={styles['segmented']}>
      <legend className="only-read-aloud">{label}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles['option']} title={option.title}>
          <input
            type="radio"
            name={name}
            className={styles['input']}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            aria-label={option.title}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </fieldset>
  );
}
