/** One function that tells two listeners, in this order. */
export function tellBoth<A extends readonly unknown[]>(one: (...told: A) => void, other: (...told: A) => void) {
  return (...told: A): void => {
    one(...told);
    other(...told);
  };
}
