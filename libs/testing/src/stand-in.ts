/**
 * Stands for an object that a hook makes anew, so that the tests of a file can name it once: what is read, called or set
 * goes to the one that is `current()` then, which throws while there is none.
 */
export function standIn<Whole extends object>(current: () => Whole | undefined): Whole {
  const whole = (): Whole => {
    const found = current();
    if (found === undefined) throw new Error('used before its hook has run: only tests and hooks may use it');
    return found;
  };
  // Nothing of it is its own: whatever is asked of it is asked of a Whole.
  return new Proxy({} as Whole, {
    get: (_, name) => {
      const object = whole();
      const value: unknown = Reflect.get(object, name);
      return typeof value === 'function' ? (value.bind(object) as unknown) : value;
    },
    set: (_, name, value) => Reflect.set(whole(), name, value),
  });
}
