/** A value from outside the configuration, or why it is not known. What is not known is never assumed. */
export type Fact<T> = { readonly isKnown: true; readonly value: T } | { readonly isKnown: false; readonly why: string };

export function known<T>(value: T): Fact<T> {
  return { isKnown: true, value };
}

/** `why`: goes on after "not checked: ", in words. */
export function notKnown(why: string): Fact<never> {
  return { isKnown: false, why };
}
