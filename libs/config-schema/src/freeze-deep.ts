/**
 * Freezes a value and all that it holds, maps and dates included: their changing methods throw from then on.
 * Takes trees (no cycles) and returns its argument.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const entry of value.values()) freezeDeep(entry);
    refuseMethods(value, ['set', 'delete', 'clear']);
  } else if (value instanceof Date) {
    // The setters are all on the prototype; Date has no way to be read-only.
    const setters = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));
    refuseMethods(value, setters);
  } else {
    for (const entry of Object.values(value)) freezeDeep(entry);
  }
  return Object.freeze(value);
}

function refuseMethods(target: object, names: readonly string[]): void {
  const refuse = (): never => {
    throw new TypeError('The config is frozen: load a new one to change it.');
  };
  // Own and not enumerable, so that the object still equals a plain one.
  for (const name of names) Object.defineProperty(target, name, { value: refuse });
}
