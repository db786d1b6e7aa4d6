// A table is declared once, as data: the row's type follows from it and a test compares it with the migrated schema.

/** What the driver gives for each Postgres type we use. `bigint` is a safe integer or an error, see database.ts. */
interface ValueOfPostgresType {
  uuid: string;
  text: string;
  boolean: boolean;
  integer: number;
  bigint: number;
  'double precision': number;
  'timestamp with time zone': Date;
  jsonb: unknown;
  int8multirange: string;
  'integer[]': number[];
}

/** A Postgres type as the catalogue names it, with ` null` behind it when the column may be null. */
export type ColumnType = keyof ValueOfPostgresType | `${keyof ValueOfPostgresType} null`;

/** A table's columns in their order. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** The row that the driver returns for these columns. */
export type RowOf<T extends Columns> = {
  -readonly [Name in keyof T]: T[Name] extends `${infer Type extends keyof ValueOfPostgresType} null`
    ? ValueOfPostgresType[Type] | null
    : T[Name] extends keyof ValueOfPostgresType
      ? ValueOfPostgresType[T[Name]]
      : never;
};
