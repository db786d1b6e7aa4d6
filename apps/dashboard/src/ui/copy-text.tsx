import { useEffect, useState, type ReactElement } from 'react';
import styles from './copy-text.module.css';
import { Icon } from './icon.js';

const SHOWN_MS = 1_500;

/** A value that a click copies. `label` says what it is: "event id". */
export function CopyText({ value, label }: { readonly value: string; readonly label: string }): ReactElement {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return undefined;
    const timer = setTimeout(() => setState('idle'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      setState('copied');
    } catch {
      // Browsers allow it on https and localhost only; the text can still be selected.
      setState('refused');
    }
  };
  return (
    <span className={styles['copy']}>
      <code className={styles['value']}>{value}</code>
      <button
        type="button"
        className={styles['button']}
        onClick={() => void copy()}
        title={`Copy ${label}`}
        aria-label={`Copy ${label}`}
      >
        <Icon name={state === 'copied' ? 'check' : 'copy'} size={14} />
      </button>
      <span role="status" className="only-read-aloud">
        {state === 'copied' && `${label} copied`}
        {state === 'refused' && 'The browser does not allow copying here: select the text instead.'}
      </span>
    </span>
  );
}
