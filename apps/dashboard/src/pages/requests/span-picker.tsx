import { Popover } from '@base-ui/react/popover';
import { useState, type ReactElement } from 'react';
import { RANGE_LABEL, RANGES, type Range, type TimeSpan } from '../../api/time-span.js';
import { localTime } from '../../format/times.js';
import { Button, buttonClass } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import popup from '../../ui/popup.module.css';
import { TextField } from '../../ui/text-field.js';
import styles from './span-picker.module.css';

/** A relative span, or two moments. */
export function SpanPicker({
  span,
  onChange,
}: {
  readonly span: TimeSpan;
  readonly onChange: (span: TimeSpan) => void;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const choose = (next: TimeSpan): void => {
    setOpen(false);
    onChange(next);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className={buttonClass('outline')} aria-label={`Time: ${describe(span)}`}>
        {describe(span)}
        <Icon name="chevron-down" size={14} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="start" className={popup['positioner']}>
          <Popover.Popup className={`${popup['popup'] ?? ''} ${styles['popup'] ?? ''}`} aria-label="Time">
            <div className={styles['ranges']}>
              {RANGES.map((range: Range) => (
                <button
                  key={range}
                  type="button"
                  className={styles['range']}
                  aria-pressed={span.kind === 'last' && span.range === range}
                  onClick={() => choose({ kind: 'last', range })}
                >
                  {RANGE_LABEL[range]}
                </button>
              ))}
            </div>
            <BetweenForm key={JSON.stringify(span)} span={span} onChoose={choose} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function BetweenForm({
  span,
  onChoose,
}: {
  readonly span: TimeSpan;
  readonly onChoose: (span: TimeSpan) => void;
}): ReactElement {
  const [problem, setProblem] = useState('');
  const known = span.kind === 'between' ? span : { from: '', to: '' };
  const submit = (form: FormData): void => {
    const [from, to] = [readMoment(form.get('from')), readMoment(form.get('to'))];
    if (from === null || to === null) setProblem('Give both moments.');
    else if (from >= to) setProblem('From must be before to.');
    else onChoose({ kind: 'between', from: from.toISOString(), to: to.toISOString() });
  };
  return (
    <form
      className={styles['between']}
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <TextField label="From" name="from" type="datetime-local" step="1" defaultValue={toInput(known.from)} />
      <TextField label="To" name="to" type="datetime-local" step="1" defaultValue={toInput(known.to)} />
      <p role="alert" className={styles['problem']}>
        {problem}
      </p>
      <Button look="solid" type="submit">
        Apply
      </Button>
    </form>
  );
}

function describe(span: TimeSpan): string {
  if (span.kind === 'last') return RANGE_LABEL[span.range];
  return `${localTime.minute(new Date(span.from))} – ${localTime.minute(new Date(span.to))}`;
}

/** A field of this type speaks local time, without a zone. */
function toInput(iso: string): string {
  if (iso === '') return '';
  const at = new Date(iso);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

function readMoment(value: FormDataEntryValue | null): Date | null {
  const at = new Date(typeof value === 'string' ? value : '');
  return Number.isNaN(at.getTime()) ? null : at;
}
