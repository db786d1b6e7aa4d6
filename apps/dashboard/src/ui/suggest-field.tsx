import { Autocomplete } from '@base-ui/react/autocomplete';
import { useState, type ReactElement } from 'react';
import { Icon } from './icon.js';
import { joinClasses } from './join-classes.js';
import popup from './popup.module.css';
import styles from './suggest-field.module.css';

export interface SuggestFieldProps {
  /** Read aloud, and shown while the field is empty. */
  readonly label: string;
  /** The value in force. */
  readonly value: string;
  /** Called once it is meant: Enter, a choice, or leaving the field. Empty clears. */
  readonly onCommit: (value: string) => void;
  readonly suggestions?: readonly string[];
  readonly className?: string | undefined;
}

/** A one-line text with suggestions; anything may be typed. Give it the value as key, so that a new one replaces what was typed. */
export function SuggestField({
  label,
  value,
  onCommit,
  suggestions = [],
  className,
}: SuggestFieldProps): ReactElement {
  const [draft, setDraft] = useState(value);
  const commit = (text: string): void => {
    if (text.trim() !== value) onCommit(text.trim());
  };
  return (
    <div className={joinClasses(styles['field'], value !== '' && styles['set'], className)}>
      <Autocomplete.Root
        items={suggestions}
        value={draft}
        onValueChange={(text, details) => {
          setDraft(text);
          if (details.reason === 'item-press') commit(text);
        }}
      >
        <Autocomplete.Input
          className={styles['input']}
          placeholder={label}
          aria-label={label}
          spellCheck={false}
          maxLength={256}
          onBlur={() => commit(draft)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit(draft);
          }}
        />
        {value !== '' && (
          <button
            type="button"
            className={styles['clear']}
            aria-label={`Clear ${label}`}
            onClick={() => onCommit('')}
          >
            <Icon name="close" size={12} />
          </button>
        )}
        {suggestions.length > 0 && <Suggestions />}
      </Autocomplete.Root>
    </div>
  );
}

function Suggestions(): ReactElement {
  return (
    <Autocomplete.Portal>
      <Autocomplete.Positioner sideOffset={4} align="start" className={popup['positioner']}>
        <Autocomplete.Popup className={popup['popup']}>
          <Autocomplete.Empty className={popup['empty']}>Enter filters by this text</Autocomplete.Empty>
          <Autocomplete.List>
            {(item: string) => (
              <Autocomplete.Item key={item} value={item} className={popup['item']}>
                {item}
              </Autocomplete.Item>
            )}
          </Autocomplete.List>
        </Autocomplete.Popup>
      </Autocomplete.Positioner>
    </Autocomplete.Portal>
  );
}
