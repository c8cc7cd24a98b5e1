const listedItems = 10

/** `a, b, c`, and how many more where there are more than ten: details stay sentences that somebody reads. */
export function listed(items: readonly string[]): string {
  const more = items.length - listedItems
  const shown = items.slice(0, listedItems).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}

/** `2027-01-31`, in UTC. @throws RangeError where the date is none */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}
