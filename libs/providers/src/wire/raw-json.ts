/** The parts of the language that the type library does not know yet; every Node that we support has them. */
interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

/** `JSON` with numbers as their own text: frozen objects that are written as they were read. */
export const RAW_JSON = JSON as unknown as RawJson;
