import { REQUEST_OUTCOMES, type RequestOutcome } from '@sluice/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { overviewQuery } from '../../api/overview.js';
import { countFilters, type RequestFilters, type TextFilter } from '../../api/request-filters.js';
import { Button } from '../../ui/button.js';
import { Select } from '../../ui/select.js';
import { SuggestField } from '../../ui/suggest-field.js';
import styles from './filter-bar.module.css';
import { SpanPicker } from './span-picker.js';

const ANY = 'any';
const OUTCOMES: readonly { readonly value: RequestOutcome | typeof ANY; readonly label: string }[] = [
  { value: ANY, label: 'Any outcome' },
  ...REQUEST_OUTCOMES.map((outcome) => ({ value: outcome, label: outcome })),
];

const LABELS: Readonly<Record<TextFilter, string>> = {
  model: 'Model',
  provider: 'Provider',
  team: 'Team',
  key: 'Key id',
  requestId: 'Request id',
};

export interface FilterBarProps {
  readonly filters: RequestFilters;
  readonly onChange: (filters: RequestFilters) => void;
}

/** All filters of the list; on a phone behind a button. */
export function FilterBar({ filters, onChange }: FilterBarProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const known = useKnownNames(filters);
  const count = countFilters(filters);
  const field = (name: TextFilter): ReactElement => (
    <SuggestField
      key={`${name}:${filters[name] ?? ''}`}
      label={LABELS[name]}
      value={filters[name] ?? ''}
      suggestions={known[name] ?? []}
      className={styles[name]}
      onCommit={(text) => onChange(withText(filters, name, text))}
    />
  );
  return (
    <search className={styles['bar']} data-open={isOpen} aria-label="Filters of the list">
      <div className={styles['first']}>
        <SpanPicker span={filters.span} onChange={(span) => onChange({ ...filters, span })} />
        <Button
          icon="filter"
          className={styles['toggle']}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          Filters{count > 0 && ` (${String(count)})`}
        </Button>
      </div>
      <div className={styles['rest']}>
        <Select
          label="Outcome"
          options={OUTCOMES}
          value={filters.outcome ?? ANY}
          onChange={(outcome) => onChange(withOutcome(filters, outcome))}
          className={styles['outcome']}
        />
        {field('model')}
        {field('provider')}
        {field('team')}
        {field('key')}
        {field('requestId')}
        {count > 0 && (
          <Button look="quiet" onClick={() => onChange({ span: filters.span })}>
            Clear
          </Button>
        )}
      </div>
    </search>
  );
}

/** Names that the same span knows; the fields take any other as well. */
function useKnownNames({ span }: RequestFilters): Readonly<Partial<Record<TextFilter, readonly string[]>>> {
  const { data } = useQuery({ ...overviewQuery(span), refetchInterval: false, staleTime: 60_000 });
  const names = (rows: readonly { readonly name: string }[] = []): readonly string[] =>
    rows.map(({ name }) => name).filter((name) => name !== '');
  return { model: names(data?.models), provider: names(data?.providers), team: names(data?.teams) };
}

function withText(filters: RequestFilters, name: TextFilter, text: string): RequestFilters {
  return { ...filters, [name]: text === '' ? undefined : text };
}

function withOutcome(filters: RequestFilters, outcome: RequestOutcome | typeof ANY): RequestFilters {
  return { ...filters, outcome: outcome === ANY ? undefined : outcome };
}
